// SPDX-License-Identifier: Apache-2.0
//
// The terminal that the command was started from, or what stands in its place. A guest echoes what is typed
// and edits its lines itself, so a real terminal does neither meanwhile; its signals work as ever.
#pragma once

#include <termios.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/supervisor/terminal/terminal.hpp"

namespace paravane {

class StdioTerminal final : public Terminal {
  public:
    // out: where the text goes, 1 or 2.
    StdioTerminal(boost::asio::io_context &loop, int out);
    ~StdioTerminal() override;

    [[nodiscard]] boost::asio::awaitable<void> write(std::string_view text) override;
    [[nodiscard]] boost::asio::awaitable<std::size_t> read(std::span<char> into) override;

    void abandon() override;

    // As it was found, while the command is stopped; and back.
    void restore();
    void take_over();

  private:
    int out_;
    bool in_is_file_ = false;
    bool changed_ = false;
    termios found_{};
    bool abandoned_ = false;
    boost::asio::posix::stream_descriptor in_;
    boost::asio::posix::stream_descriptor ready_; // out_ once more, where it can be waited for
};

} // namespace paravane
