// SPDX-License-Identifier: Apache-2.0
#include "backend/console/output.hpp"

#include <algorithm>
#include <span>

namespace paravane::console {

namespace {

// A guest that floods its console pays with its own time, and leaves the host's to its neighbours.
constexpr uint64_t bytes_a_second = uint64_t{16} << 20;
constexpr uint64_t burst_bytes = uint64_t{1} << 20;

} // namespace

Output::Output(Loop &loop, LoopFile pipe, LoopToken token, const pv_stream_reader &ring)
    : loop_(loop), pipe_(pipe), token_(token), ring_(ring), rate_(bytes_a_second, burst_bytes)
{
}

bool Output::move(uint64_t now)
{
    bool notify = false;

    if (writing_)
        return false;
    if (begin_ == end_) {
        notify = pv_stream_release(&ring_);
        if (!take(now))
            return notify;
    }
    loop_.write(pipe_, std::span(text_).subspan(begin_, end_ - begin_), token_);
    writing_ = true;
    return notify;
}

bool Output::take(uint64_t now)
{
    if (paused_until_ != Loop::no_deadline && now < paused_until_)
        return false;
    paused_until_ = Loop::no_deadline;
    const auto most =
        static_cast<uint32_t>(std::min<std::size_t>(text_.size(), left_.value_or(UINT32_MAX)));
    do {
        begin_ = 0;
        end_ = pv_stream_read(&ring_, text_.data(), most);
        // Not armed while it is paused or writes, so a guest that floods it rings no doorbell either.
    } while (end_ == 0 && most > 0 && !left_ && !pv_stream_reader_arm(&ring_, 1) &&
             !pv_stream_reader_ended(&ring_) && refused() == PV_RULE_KEPT);
    if (end_ == 0) {
        drained_ = left_.has_value();
        return false;
    }
    if (left_)
        *left_ -= static_cast<uint32_t>(end_);
    if (const uint64_t wait = rate_.take(end_, now); wait > 0)
        paused_until_ = now + wait;
    return true;
}

Result<void> Output::completed(int32_t result)
{
    writing_ = false;
    // It filled up between the two, or a signal came: once more.
    if (result == -EAGAIN || result == -EINTR)
        return {};
    if (result <= 0)
        return system_problem("the output pipe", -result);
    begin_ += static_cast<std::size_t>(result);
    return {};
}

void Output::drain()
{
    if (!left_)
        left_ = ring_.side.slots;
}

} // namespace paravane::console
