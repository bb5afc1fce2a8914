// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/stdio.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paravane {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds look_again{200};

bool in_background()
{
    return isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) != getpgrp();
}

} // namespace

StdioTerminal::StdioTerminal(asio::io_context &loop, int out) : out_(out), in_(loop), ready_(loop)
{
    struct stat status = {};

    // Files are always ready, and no event loop takes them.
    in_is_file_ = fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    boost::system::error_code error;
    if (!in_is_file_)
        in_.assign(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), error); // none: it reads as ended
    ready_.assign(fcntl(out_, F_DUPFD_CLOEXEC, 0), error);          // files are not waited for
    take_over();
}

StdioTerminal::~StdioTerminal()
{
    restore();
}

void StdioTerminal::take_over()
{
    // A job in the background would be stopped for touching it.
    if (changed_ || isatty(STDIN_FILENO) == 0 || in_background() ||
        tcgetattr(STDIN_FILENO, &found_) != 0)
        return;
    termios wanted = found_;
    wanted.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    wanted.c_iflag &= ~static_cast<tcflag_t>(ICRNL);
    wanted.c_cc[VMIN] = 1;
    wanted.c_cc[VTIME] = 0;
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &wanted) == 0;
}

void StdioTerminal::restore()
{
    if (changed_)
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &found_);
    changed_ = false;
}

// The descriptor is others' too, so it stays one that waits; what is ready takes PIPE_BUF bytes at once.
asio::awaitable<void> StdioTerminal::write(std::string_view text)
{
    while (!text.empty() && !abandoned_) {
        if (ready_.is_open()) {
            boost::system::error_code error;
            co_await ready_.async_wait(asio::posix::stream_descriptor::wait_write,
                                       asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted)
                break;
            if (error)
                ready_.close(error); // a file: it is always ready
            else if (pollfd room = {out_, POLLOUT, 0}; poll(&room, 1, 0) == 0)
                continue; // another writer came first
        }
        const ssize_t put =
            ::write(out_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (put > 0)
            text.remove_prefix(static_cast<std::size_t>(put));
        else if (errno != EINTR && errno != EAGAIN)
            break; // nobody is there to read it
    }
}

void StdioTerminal::abandon()
{
    boost::system::error_code ignored;

    abandoned_ = true;
    ready_.cancel(ignored);
}

asio::awaitable<std::size_t> StdioTerminal::read(std::span<char> into)
{
    if (in_is_file_) {
        const ssize_t got = ::read(STDIN_FILENO, into.data(), into.size());
        co_return got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    if (!in_.is_open())
        co_return 0;
    boost::system::error_code error;
    co_await in_.async_wait(asio::posix::stream_descriptor::wait_read,
                            asio::redirect_error(asio::use_awaitable, error));
    if (error)
        co_return 0;
    // What is typed is another job's while we are in the background, and reading it would stop us.
    while (in_background()) {
        asio::steady_timer pause(in_.get_executor(), look_again);
        co_await pause.async_wait(asio::use_awaitable);
        if (!in_background())
            take_over();
    }
    const ssize_t got = ::read(STDIN_FILENO, into.data(), into.size());
    co_return got > 0 ? static_cast<std::size_t>(got) : 0;
}

} // namespace paravane
