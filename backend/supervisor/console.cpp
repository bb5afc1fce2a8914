// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/console.hpp"

#include <array>
#include <chrono>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "backend/console/log.hpp"
#include "backend/console/offer.hpp"
#include <paravane/console.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

constexpr std::size_t piece = 16384;
// Of what is typed and not shown to the guest; a person waits then.
constexpr std::size_t given_max = 65536;
constexpr std::chrono::milliseconds look_again{20};

struct PipeEnds {
    UniqueFd reading;
    UniqueFd writing;
};

Result<PipeEnds> make_pipe()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return system_problem("a pipe");
    return PipeEnds{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

} // namespace

const DeviceKind &console_kind()
{
    // Its third ring comes with a feature that is not offered.
    static const DeviceKind kind = {"console",
                                    "paravane-console",
                                    console::offer,
                                    PV_CONSOLE_RINGS_MIN,
                                    PV_CONSOLE_RINGS_MIN,
                                    PV_CONSOLE_PORTS,
                                    PV_CONSOLE_PORTS};
    return kind;
}

ConsoleEnds::ConsoleEnds(asio::io_context &loop, Terminal &terminal, TerminalReader &reader)
    : loop_(loop), terminal_(terminal), reader_(reader), ended_(loop)
{
    reader_.listen([this] { take_typed(); });
}

ConsoleEnds::~ConsoleEnds()
{
    reader_.listen({});
}

Result<std::vector<int>> ConsoleEnds::prepare(const Claim & /*claim*/, bool resumed)
{
    std::error_code error;
    if (log_.size() == 0)
        log_ = SharedMemory::create(sizeof(console::Log), SharedMemory::Pages::normal, error);
    Result<PipeEnds> from = make_pipe();
    Result<PipeEnds> to = make_pipe();
    if (error || !from || !to)
        return Problem{"there are no descriptors or memory left for a console"};

    forget_shown();
    if (!resumed) {
        taken_ = 0;
        shown_ = 0;
    }
    fed_ = 0;
    console::set_output_taken(log_, taken_);
    console::set_input_shown(log_, shown_);
    input_ = std::make_shared<Feed>(loop_, std::move(to->writing));
    their_output_ = std::move(from->writing);
    their_input_ = std::move(to->reading);
    output_ended_ = false;
    asio::co_spawn(loop_, read_output(std::make_shared<Pipe>(loop_, from->reading.release())),
                   asio::detached);
    asio::co_spawn(loop_, feed(input_), asio::detached);
    return std::vector<int>{log_.fd(), their_output_.get(), their_input_.get()};
}

void ConsoleEnds::started()
{
    their_output_ = UniqueFd();
    their_input_ = UniqueFd();
}

asio::awaitable<void> ConsoleEnds::finish()
{
    // Nobody writes any more, so the pipe has an end.
    while (!output_ended_)
        co_await ended_.wait();
    boost::system::error_code ignored;
    input_->pipe.close(ignored);
    input_->typed.raise();
    input_.reset();
}

asio::awaitable<void> ConsoleEnds::read_output(std::shared_ptr<Pipe> pipe)
{
    std::array<char, piece> buffer{};

    for (;;) {
        boost::system::error_code error;
        const std::size_t got = co_await pipe->async_read_some(
            asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
        if (error)
            break;
        taken_ += static_cast<uint32_t>(got);
        co_await terminal_.write({buffer.data(), got});
    }
    output_ended_ = true;
    ended_.raise();
}

void ConsoleEnds::take_typed()
{
    if (given_.size() < given_max && !reader_.empty())
        given_ += reader_.take();
    if (input_)
        input_->typed.raise();
}

asio::awaitable<void> ConsoleEnds::feed(std::shared_ptr<Feed> feed)
{
    while (feed->pipe.is_open()) {
        forget_shown();
        if (fed_ == given_.size() && !reader_.empty())
            take_typed();
        if (fed_ == given_.size()) {
            // Nothing tells when a guest reads at last.
            const bool full = !reader_.empty();
            (void)co_await feed->typed.wait_until(full ? Signal::Clock::now() + look_again
                                                       : Signal::Clock::time_point::max());
            continue;
        }
        const std::string next = given_.substr(fed_, piece);
        boost::system::error_code error;
        const std::size_t put = co_await feed->pipe.async_write_some(
            asio::buffer(next), asio::redirect_error(asio::use_awaitable, error));
        if (error || !feed->pipe.is_open())
            co_return;
        fed_ += put;
    }
}

// What the backend says it has shown is believed as far as it was given to it.
void ConsoleEnds::forget_shown()
{
    if (log_.size() == 0)
        return;
    const uint32_t shown = console::input_shown(log_);
    const uint32_t count = shown - shown_;

    if (count > fed_)
        return;
    given_.erase(0, count);
    fed_ -= count;
    shown_ = shown;
}

} // namespace paravane
