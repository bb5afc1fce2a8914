// SPDX-License-Identifier: Apache-2.0
//
// The processes of one connection, one after the other.
#include "backend/supervisor/device.hpp"

#include <chrono>
#include <iterator>
#include <optional>

#include "backend/supervisor/connect_packet.hpp"

namespace paravane {

namespace asio = boost::asio;

namespace {

// A backend that has died so often in such a time, and done nothing, will die again.
constexpr std::size_t starts_max = 8;
constexpr std::chrono::seconds starts_time{10};
// Whatever it does, it costs its host no more than one start in such a time.
constexpr std::chrono::milliseconds start_pause{50};
// A process that takes longer is not going to.
constexpr std::chrono::seconds connect_time{10};
constexpr std::chrono::seconds disconnect_time{5};

} // namespace

asio::awaitable<Device::End> Device::run_processes(const Claim &claim, std::vector<PortEnds> ports)
{
    bool resumed = false;
    End end = End::died;

    refusal_.clear();
    for (;;) {
        co_await slow_down();
        // One that died on its way to the end did not come there.
        if (to_stop() && (!resumed || abandoned_ || Clock::now() >= stop_deadline_))
            co_return End::stopped;
        const uint64_t done = ends_.progress();
        end = co_await run_process(claim, ports, resumed);
        if (end != End::died)
            co_return end;
        if (abandoned_)
            co_return End::stopped;
        if (ends_.progress() != done)
            starts_.erase(starts_.begin(), std::prev(starts_.end()));
        else if (starts_.size() >= starts_max) {
            refusal_ = "its backend dies again and again";
            co_return End::refused;
        }
        around_.tell("the backend of " + name() + " " + death_ + "; another takes over");
        resumed = true;
    }
}

// Whoever has started many processes in a short time waits.
asio::awaitable<void> Device::slow_down()
{
    const auto expire = [this] {
        while (!starts_.empty() && Clock::now() - starts_.front() > starts_time)
            starts_.pop_front();
    };
    expire();
    while (!to_stop() && starts_.size() >= starts_max) {
        (void)co_await changed_.wait_until(starts_.front() + starts_time);
        expire();
    }
    while (!to_stop() && !starts_.empty() && Clock::now() < starts_.back() + start_pause)
        (void)co_await changed_.wait_until(starts_.back() + start_pause);
    starts_.push_back(Clock::now());
}

asio::awaitable<Device::End> Device::run_process(const Claim &claim,
                                                 const std::vector<PortEnds> &ports, bool resumed)
{
    backend_ = {++around_.last_backend};
    Result<Attachment> attachment = co_await around_.domain.attach(backend_);
    if (!attachment) {
        refusal_ = attachment.error().text;
        co_return End::refused;
    }
    Result<std::vector<int>> own = ends_.prepare(claim, resumed);
    if (!own) {
        around_.domain.detach(backend_);
        refusal_ = own.error().text;
        co_return End::refused;
    }

    ConnectPacket packet({around_.guest, epoch_, resumed}, claim, *attachment, ports, *own);
    Result<std::shared_ptr<BackendProcess>> started = BackendProcess::start(
        around_.loop, {kind_.program, ends_.inherited(), ends_.cores()}, packet, changed_);
    ends_.started();
    End end = End::refused;
    Clock::time_point ended = Clock::now();
    if (started) {
        process_ = *started;
        co_await watch_over(*process_);
        refusal_ = process_->refusal();
        const bool over = asked_ && process_->disconnected();
        ended = Clock::now();
        co_await process_->end(abandoned_);
        death_ = process_->bury();
        process_.reset();
        end = !refusal_.empty() ? End::refused
              : !over           ? End::died
              : to_stop()       ? End::stopped
                                : End::closed;
    } else {
        refusal_ = started.error().text;
    }
    // What it had started goes on without it, and so it still uses what it had pinned.
    const std::string drained = co_await ends_.drain(ended);
    if (!drained.empty())
        death_ += "; " + drained;
    around_.domain.detach(backend_);
    co_await ends_.finish();
    co_return end;
}

// Until the process has ended, or is to.
asio::awaitable<void> Device::watch_over(BackendProcess &process)
{
    std::optional<Clock::time_point> deadline = Clock::now() + connect_time;
    bool told = false;

    asked_ = false;
    while (!process.ended() && process.refusal().empty() && !abandoned_) {
        if (process.connected() && !told) {
            told = true;
            deadline.reset();
            directory_.publish_state(PV_DEVICE_CONNECTED);
        }
        if (!asked_ && (to_stop() || !claimed())) {
            asked_ = true;
            deadline = Clock::now() + disconnect_time;
            directory_.publish_state(PV_DEVICE_CLOSING);
            process.disconnect();
        }
        const bool in_time =
            co_await changed_.wait_until(deadline.value_or(Clock::time_point::max()));
        if (!in_time)
            co_return;
    }
}

} // namespace paravane
