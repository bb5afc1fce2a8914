// SPDX-License-Identifier: Apache-2.0
//
// A console that is a pseudoterminal, for whoever opens its other end.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/supervisor/terminal/backlog.hpp"
#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

class PtyTerminal final : public Terminal {
  public:
    [[nodiscard]] static Result<std::unique_ptr<PtyTerminal>> open(boost::asio::io_context &loop);

    // What to open: /dev/pts/N.
    [[nodiscard]] const std::string &place() const { return place_; }

    [[nodiscard]] boost::asio::awaitable<void> write(std::string_view text) override;
    [[nodiscard]] boost::asio::awaitable<std::size_t> read(std::span<char> into) override;
    void hurry() override { backlog_.hurry(); }
    void abandon() override { backlog_.abandon(); }
    [[nodiscard]] boost::asio::awaitable<void> flush() override;

  private:
    PtyTerminal(boost::asio::io_context &loop, UniqueFd master, UniqueFd slave, std::string place);
    boost::asio::awaitable<void> pump();

    boost::asio::posix::stream_descriptor master_;
    UniqueFd slave_; // or the other end would hang up with each who leaves it
    std::string place_;
    Backlog backlog_;
};

} // namespace paravane
