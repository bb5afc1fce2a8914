// SPDX-License-Identifier: Apache-2.0
#include "blk/line_socket.hpp"

#include <algorithm>
#include <array>

#include <poll.h>
#include <sys/socket.h>

namespace paravane::bench::blk {

using Clock = std::chrono::steady_clock;

Result<LineSocket> LineSocket::make(UniqueFd &other)
{
    std::array<int, 2> ends{};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return system_problem("a pair of sockets");
    other = UniqueFd(ends[1]);
    return LineSocket(UniqueFd(ends[0]));
}

Result<void> LineSocket::send(std::string line)
{
    std::string_view rest;

    line += '\n';
    rest = line;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return system_problem("write to a socket");
        rest.remove_prefix(static_cast<size_t>(std::max<ssize_t>(sent, 0)));
    }
    return {};
}

Result<std::string> LineSocket::read(std::chrono::milliseconds most)
{
    const Clock::time_point deadline = Clock::now() + most;

    for (;;) {
        if (const size_t end = text_.find('\n'); end != std::string::npos) {
            std::string line = text_.substr(0, end);
            text_.erase(0, end + 1);
            if (line.ends_with('\r'))
                line.pop_back();
            return {boost::system::in_place_value, std::move(line)};
        }
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd ready = {socket_.get(), POLLIN, 0};
        const int count = poll(&ready, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
        if (count == 0)
            return Problem{"no answer"};
        std::array<char, 4096> piece{};
        const ssize_t bytes = count < 0 ? -1 : recv(socket_.get(), piece.data(), piece.size(), 0);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes <= 0)
            return Problem{"the other end is closed"};
        text_.append(piece.data(), static_cast<size_t>(bytes));
    }
}

} // namespace paravane::bench::blk
