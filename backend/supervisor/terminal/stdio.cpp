// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/stdio.hpp"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paravane {

namespace asio = boost::asio;

StdioTerminal::StdioTerminal(asio::io_context &loop, int out) : out_(out), in_(loop)
{
    struct stat status = {};

    // Files are always ready, and no event loop takes them.
    in_is_file_ = fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    boost::system::error_code error;
    if (!in_is_file_)
        in_.assign(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), error); // none: it reads as ended
    take_over();
}

StdioTerminal::~StdioTerminal()
{
    restore();
}

void StdioTerminal::take_over()
{
    // A job in the background would be stopped for touching it.
    if (isatty(STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
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

asio::awaitable<void> StdioTerminal::write(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t put = ::write(out_, text.data(), text.size());
        if (put > 0) {
            text.remove_prefix(static_cast<std::size_t>(put));
        } else if (errno == EAGAIN) {
            pollfd room = {out_, POLLOUT, 0};
            (void)poll(&room, 1, -1);
        } else if (errno != EINTR) {
            break; // nobody is there to read it
        }
    }
    co_return;
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
    // The descriptor is others' too, so it stays one that waits; in the background it would stop us.
    if (error || (isatty(STDIN_FILENO) != 0 && tcgetpgrp(STDIN_FILENO) != getpgrp()))
        co_return 0;
    const ssize_t got = ::read(STDIN_FILENO, into.data(), into.size());
    co_return got > 0 ? static_cast<std::size_t>(got) : 0;
}

} // namespace paravane
