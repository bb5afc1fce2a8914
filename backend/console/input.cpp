// SPDX-License-Identifier: Apache-2.0
#include "backend/console/input.hpp"

#include <cerrno>
#include <span>

#include "backend/console/log.hpp"

namespace paravane::console {

Input::Input(Loop &loop, LoopFile pipe, LoopToken token, const pv_stream_writer &ring,
             const SharedMemory &log)
    : loop_(loop), pipe_(pipe), token_(token), ring_(ring), log_(log)
{
}

bool Input::move()
{
    bool notify = false;

    if (reading_ || ended_)
        return false;
    while (begin_ < end_) {
        const auto left = static_cast<uint32_t>(end_ - begin_);
        const uint32_t put = pv_stream_write(&ring_, text_.data() + begin_, left);
        if (put > 0) {
            begin_ += put;
            set_input_shown(log_, ring_.side.next);
            notify |= pv_stream_publish(&ring_);
        } else if (pv_stream_writer_arm(&ring_, left)) {
            return notify;
        } else if (refused() != PV_RULE_KEPT || pv_stream_writer_peer_closed(&ring_)) {
            ended_ = true;
            return notify;
        }
    }
    loop_.read(pipe_, text_, token_);
    reading_ = true;
    return notify;
}

void Input::completed(int32_t result)
{
    reading_ = false;
    // Another than these says that the pipe has an end.
    if (result == -EAGAIN || result == -EINTR)
        return;
    if (result <= 0) {
        ended_ = true;
        return;
    }
    begin_ = 0;
    end_ = static_cast<std::size_t>(result);
}

} // namespace paravane::console
