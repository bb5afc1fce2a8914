// SPDX-License-Identifier: Apache-2.0
//
// A console that is a Unix socket, for one client after the other.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "backend/supervisor/signal.hpp"
#include "backend/supervisor/terminal/backlog.hpp"
#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

class SocketTerminal final : public Terminal {
  public:
    // A socket that nobody listens at any more is replaced; anything else at that path is a Problem.
    [[nodiscard]] static Result<std::unique_ptr<Terminal>> open(boost::asio::io_context &loop,
                                                                const std::string &path);
    ~SocketTerminal() override;

    [[nodiscard]] boost::asio::awaitable<void> write(std::string_view text) override;
    [[nodiscard]] boost::asio::awaitable<std::size_t> read(std::span<char> into) override;
    void hurry() override { backlog_.hurry(); }
    void abandon() override { backlog_.abandon(); }
    [[nodiscard]] boost::asio::awaitable<void> flush() override;

  private:
    using Protocol = boost::asio::local::stream_protocol;

    SocketTerminal(boost::asio::io_context &loop, Protocol::acceptor acceptor, std::string path);
    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> pump();
    void lose(const std::shared_ptr<Protocol::socket> &client);

    Protocol::acceptor acceptor_;
    std::string path_;
    std::shared_ptr<Protocol::socket> client_; // null: nobody is there
    Signal came_for_reader_;
    Signal came_for_pump_;
    Backlog backlog_;
};

} // namespace paravane
