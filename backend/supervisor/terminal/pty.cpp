// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/pty.hpp"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <termios.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace paravane {

namespace asio = boost::asio;

Result<std::unique_ptr<PtyTerminal>> PtyTerminal::open(asio::io_context &loop)
{
    std::array<char, 64> name{};
    UniqueFd master(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));

    if (!master || grantpt(master.get()) != 0 || unlockpt(master.get()) != 0 ||
        ptsname_r(master.get(), name.data(), name.size()) != 0)
        return system_problem("a pseudoterminal");
    UniqueFd slave(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios raw = {};
    if (!slave || tcgetattr(slave.get(), &raw) != 0)
        return system_problem(name.data());
    // The guest echoes; the line discipline would send its own text back to it.
    cfmakeraw(&raw);
    if (tcsetattr(slave.get(), TCSANOW, &raw) != 0)
        return system_problem(name.data());
    std::unique_ptr<PtyTerminal> terminal(
        new PtyTerminal(loop, std::move(master), std::move(slave), name.data()));
    asio::co_spawn(loop, terminal->pump(), asio::detached);
    return terminal;
}

PtyTerminal::PtyTerminal(asio::io_context &loop, UniqueFd master, UniqueFd slave, std::string place)
    : master_(loop, master.release()), slave_(std::move(slave)), place_(std::move(place)),
      backlog_(loop, Backlog::Idle::passed_over)
{
    // Nobody can tell whether the other end is open; that nothing is taken from it does.
    backlog_.set_attended(true);
}

asio::awaitable<void> PtyTerminal::pump()
{
    for (;;) {
        const std::string piece = co_await backlog_.next();
        boost::system::error_code error;
        co_await asio::async_write(master_, asio::buffer(piece),
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        backlog_.delivered();
    }
}

asio::awaitable<void> PtyTerminal::write(std::string_view text)
{
    co_await backlog_.put(text);
}

asio::awaitable<std::size_t> PtyTerminal::read(std::span<char> into)
{
    boost::system::error_code error;
    const std::size_t got = co_await master_.async_read_some(
        asio::buffer(into.data(), into.size()), asio::redirect_error(asio::use_awaitable, error));
    co_return error ? 0 : got;
}

asio::awaitable<void> PtyTerminal::flush()
{
    co_await backlog_.flush();
}

} // namespace paravane
