// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/socket.hpp"

#include <chrono>

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace paravane {

namespace asio = boost::asio;

namespace {

using Protocol = asio::local::stream_protocol;

constexpr std::chrono::milliseconds accept_again{100};
constexpr std::string_view busy = "this console has a client already\r\n";

// Removes a socket that is left of somebody who is gone.
Result<void> make_way(asio::io_context &loop, const std::string &path)
{
    struct stat status = {};

    if (lstat(path.c_str(), &status) != 0)
        return {};
    if (!S_ISSOCK(status.st_mode))
        return Problem{path + " is there and is no socket: name another path"};
    Protocol::socket probe(loop);
    boost::system::error_code error;
    probe.open(Protocol(), error);
    probe.non_blocking(true, error);
    probe.connect(Protocol::endpoint(path), error);
    if (error != asio::error::connection_refused)
        return Problem{path + " is in use: name another path"};
    (void)unlink(path.c_str());
    return {};
}

} // namespace

Result<std::unique_ptr<Terminal>> SocketTerminal::open(asio::io_context &loop,
                                                       const std::string &path)
{
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path))
        return Problem{"a socket's path has 1 to " +
                       std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes"};
    if (Result<void> way = make_way(loop, path); !way)
        return way.error();
    boost::system::error_code error;
    Protocol::acceptor acceptor(loop);
    acceptor.open(Protocol(), error);
    // Its owner's alone: whoever connects types into the guest.
    const mode_t mask = umask(0177);
    if (!error)
        acceptor.bind(Protocol::endpoint(path), error);
    (void)umask(mask);
    if (!error)
        acceptor.listen(1, error);
    if (error)
        return Problem{"the console's socket " + path + ": " + error.message()};
    std::unique_ptr<SocketTerminal> terminal(new SocketTerminal(loop, std::move(acceptor), path));
    asio::co_spawn(loop, terminal->accept(), asio::detached);
    asio::co_spawn(loop, terminal->pump(), asio::detached);
    return std::unique_ptr<Terminal>(std::move(terminal));
}

SocketTerminal::SocketTerminal(asio::io_context &loop, Protocol::acceptor acceptor,
                               std::string path)
    : acceptor_(std::move(acceptor)), path_(std::move(path)), came_for_reader_(loop),
      came_for_pump_(loop), backlog_(loop, Backlog::Idle::waited_for)
{
}

SocketTerminal::~SocketTerminal()
{
    (void)unlink(path_.c_str());
}

asio::awaitable<void> SocketTerminal::accept()
{
    for (;;) {
        boost::system::error_code error;
        Protocol::socket client =
            co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error == asio::error::operation_aborted)
            co_return;
        if (error) {
            // No descriptors left, or a client that went before it was served.
            asio::steady_timer pause(acceptor_.get_executor(), accept_again);
            co_await pause.async_wait(asio::use_awaitable);
            continue;
        }
        if (client_) {
            client.non_blocking(true, error);
            client.write_some(asio::buffer(busy), error);
            continue;
        }
        client_ = std::make_shared<Protocol::socket>(std::move(client));
        backlog_.set_attended(true);
        came_for_reader_.raise();
        came_for_pump_.raise();
    }
}

// Two may find that it is gone, and by then another may have come.
void SocketTerminal::lose(const std::shared_ptr<Protocol::socket> &client)
{
    boost::system::error_code ignored;

    client->close(ignored);
    if (client != client_)
        return;
    client_.reset();
    backlog_.set_attended(false);
}

asio::awaitable<void> SocketTerminal::pump()
{
    for (;;) {
        while (!client_)
            co_await came_for_pump_.wait();
        const std::string piece = co_await backlog_.next();
        const std::shared_ptr<Protocol::socket> client = client_;
        boost::system::error_code error = asio::error::eof;
        if (client)
            co_await asio::async_write(*client, asio::buffer(piece),
                                       asio::redirect_error(asio::use_awaitable, error));
        if (!error) {
            backlog_.delivered();
            continue;
        }
        // The next client has it whole: better twice than not at all.
        backlog_.returned(piece);
        if (client)
            lose(client);
    }
}

asio::awaitable<void> SocketTerminal::write(std::string_view text)
{
    co_await backlog_.put(text);
}

asio::awaitable<std::size_t> SocketTerminal::read(std::span<char> into)
{
    for (;;) {
        while (!client_)
            co_await came_for_reader_.wait();
        const std::shared_ptr<Protocol::socket> client = client_;
        boost::system::error_code error;
        const std::size_t got =
            co_await client->async_read_some(asio::buffer(into.data(), into.size()),
                                             asio::redirect_error(asio::use_awaitable, error));
        if (!error)
            co_return got;
        lose(client);
    }
}

asio::awaitable<void> SocketTerminal::flush()
{
    co_await backlog_.flush();
}

} // namespace paravane
