// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/console/input.hpp"

#include <algorithm>

namespace keel::console {

pv_rule Input::attach(pv_shared memory, uint64_t bytes, uint32_t size)
{
    return pv_stream_reader_attach(&ring_, memory, bytes, size, 0, &violations_);
}

void Input::detach()
{
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    while (end_ < buffer_.size()) {
        const uint32_t count =
            pv_stream_read(&ring_, &buffer_[end_], static_cast<uint32_t>(buffer_.size() - end_));
        if (count == 0)
            break;
        end_ += count;
    }
    ring_ = {};
}

bool Input::move()
{
    if (begin_ < end_)
        return false;
    begin_ = 0;
    end_ = pv_stream_read(&ring_, buffer_.data(), piece_bytes);
    return end_ > 0;
}

bool Input::offer(const Reader &reader)
{
    if (begin_ == end_ || reader.function == nullptr)
        return false;
    const std::size_t read = reader.function(reader.context, {&buffer_[begin_], end_ - begin_});
    begin_ += std::min(read, end_ - begin_);
    return read > 0;
}

bool Input::release()
{
    return pv_stream_release(&ring_);
}

bool Input::arm()
{
    if (begin_ < end_ || !pv_side_good(&ring_.side))
        return true;
    return pv_stream_reader_arm(&ring_, 1);
}

std::string_view Input::refused() const
{
    const pv_rule rule = pv_stream_reader_refused(&ring_);

    return rule == PV_RULE_KEPT ? std::string_view() : pv_rule_name(rule);
}

} // namespace keel::console
