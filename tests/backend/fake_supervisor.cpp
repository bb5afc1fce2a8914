// SPDX-License-Identifier: Apache-2.0
#include "fake_supervisor.hpp"

#include <array>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "backend/console/log.hpp"

namespace paravane::backend_test {

namespace {

constexpr int patience = 5000; // ms

std::pair<UniqueFd, UniqueFd> make_pipe()
{
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool comes(int fd, int milliseconds)
{
    pollfd waited = {fd, POLLIN, 0};
    return poll(&waited, 1, milliseconds) == 1;
}

} // namespace

Console::Console(Silent /*unused*/)
{
    start(PARAVANE_CONSOLE);
}

Console::Console(const FakeGuest &guest, const ConnectWords &words, const SharedMemory *log)
{
    std::error_code error;
    if (log == nullptr)
        log_ = SharedMemory::create(sizeof(console::Log), SharedMemory::Pages::normal, error);
    EXPECT_FALSE(error) << error.message();
    UniqueFd theirs_to_write;
    UniqueFd theirs_to_read;
    std::tie(reading_, theirs_to_write) = make_pipe();
    std::tie(theirs_to_read, typing_) = make_pipe();
    start(PARAVANE_CONSOLE);
    connect({guest,
             {&guest},
             {{output_grant, 0, guest.ring_bytes}, {input_grant, 0, guest.ring_bytes}},
             0,
             {log == nullptr ? log_.fd() : log->fd(), theirs_to_write.get(), theirs_to_read.get()}},
            words);
}

std::string Console::output() const
{
    std::string text(65536, '\0');
    const ssize_t got = ::read(reading_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

std::string Console::output(std::size_t bytes) const
{
    std::string text;
    while (text.size() < bytes && comes(reading_.get(), patience)) {
        const std::string more = output();
        if (more.empty())
            break;
        text += more;
    }
    return text;
}

std::size_t Console::type(std::string_view text) const
{
    const ssize_t put = ::write(typing_.get(), text.data(), text.size());
    return put > 0 ? static_cast<std::size_t>(put) : 0;
}

} // namespace paravane::backend_test
