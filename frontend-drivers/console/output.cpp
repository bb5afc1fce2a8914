// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/console/output.hpp"

#include <algorithm>

namespace keel::console {

std::size_t Output::write(std::string_view text)
{
    const std::size_t count = std::min(text.size(), room());
    const auto at = static_cast<std::size_t>(written_ % buffer_bytes);
    const std::size_t piece = std::min<std::size_t>(count, buffer_bytes - at);

    std::copy_n(text.data(), piece, &buffer_[at]);
    std::copy_n(text.data() + piece, count - piece, buffer_.data());
    written_ += count;
    return count;
}

pv_rule Output::attach(pv_shared memory, uint64_t bytes, uint32_t size)
{
    put_ = delivered_;
    seen_ = 0;
    return pv_stream_writer_attach(&ring_, memory, bytes, size, 0, &violations_);
}

// Also of a ring that was refused: if the index is one that an honest backend could have come to, then what
// lies before it was taken, and it would only be said twice.
void Output::detach()
{
    const pv_side &side = ring_.side;

    if (side.slots != 0) {
        const uint32_t last =
            pv_shared_load_acquire(pv_side_word(&side, PV_CONSUMER, PV_SIDE_INDEX));
        if (last - seen_ <= side.shown - seen_)
            delivered_ += last - seen_;
    }
    ring_ = {};
    put_ = delivered_;
}

// A look that found a rule broken tells nothing; what was delivered before it stays so.
void Output::note_delivered()
{
    if (!pv_side_good(&ring_.side))
        return;
    delivered_ += ring_.side.seen - seen_;
    seen_ = ring_.side.seen;
}

bool Output::move()
{
    const uint64_t delivered_before = delivered_;
    const uint64_t put_before = put_;

    (void)pv_side_look(&ring_.side, PV_PRODUCER);
    note_delivered();
    while (put_ < written_) {
        const auto at = static_cast<uint32_t>(put_ % buffer_bytes);
        const auto left = static_cast<uint32_t>(written_ - put_);
        const uint32_t count =
            pv_stream_write(&ring_, &buffer_[at], std::min(left, buffer_bytes - at));
        if (count == 0)
            break;
        put_ += count;
    }
    note_delivered();
    return put_ != put_before || delivered_ != delivered_before;
}

bool Output::publish()
{
    return pv_stream_publish(&ring_);
}

bool Output::arm()
{
    if (pending() == 0 || !pv_side_good(&ring_.side))
        return true;
    // Half of the ring at a time, or the last of it.
    return pv_stream_writer_arm(&ring_, put_ < written_ ? ring_.side.slots / 2 : ring_.side.slots);
}

std::string_view Output::refused() const
{
    const pv_rule rule = pv_stream_writer_refused(&ring_);

    return rule == PV_RULE_KEPT ? std::string_view() : pv_rule_name(rule);
}

} // namespace keel::console
