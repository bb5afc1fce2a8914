// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/reader.hpp"

#include <array>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace paravane {

namespace asio = boost::asio;

TerminalReader::TerminalReader(asio::io_context &loop, Terminal &terminal)
    : loop_(loop), terminal_(terminal), taken_(loop)
{
    asio::co_spawn(loop_, read(), asio::detached);
}

asio::awaitable<void> TerminalReader::read()
{
    std::array<char, 4096> buffer{};

    for (;;) {
        const std::size_t got = co_await terminal_.read(buffer);
        if (got == 0)
            co_return;
        text_.append(buffer.data(), got);
        if (listener_)
            listener_();
        while (!text_.empty())
            co_await taken_.wait();
    }
}

std::string TerminalReader::take()
{
    taken_.raise();
    return std::exchange(text_, {});
}

} // namespace paravane
