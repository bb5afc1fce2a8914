// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/changes.hpp"

#include <algorithm>
#include <span>

namespace paravane::blk {

Changes::Changes(uint32_t requests) : ranges_(std::make_unique<Range[]>(requests))
{
}

template <typename Function>
void Changes::each_zone(uint64_t offset, uint64_t bytes, Function &&function)
{
    const uint64_t last = (offset + bytes - 1) >> zone_shift;

    for (uint64_t zone = offset >> zone_shift; zone <= last; zone++)
        function(zone % zones);
}

bool Changes::overlaps(uint64_t offset, uint64_t bytes) const
{
    if (count_ == 0)
        return false;
    bool near = wide_ > 0 || bytes > wide_bytes;
    if (!near)
        each_zone(offset, bytes, [&](uint64_t zone) { near = near || in_zone_[zone] > 0; });
    return near && std::ranges::any_of(std::span(ranges_.get(), count_), [&](const Range &range) {
               return offset < range.offset + range.bytes && range.offset < offset + bytes;
           });
}

void Changes::begin(uint64_t offset, uint64_t bytes)
{
    ranges_[count_++] = {offset, bytes};
    if (bytes > wide_bytes)
        wide_++;
    else
        each_zone(offset, bytes, [&](uint64_t zone) { in_zone_[zone]++; });
}

void Changes::end(uint64_t offset, uint64_t bytes)
{
    const auto ranges = std::span(ranges_.get(), count_);
    // There is one, and what is under way does not overlap.
    const auto found =
        std::ranges::find_if(ranges, [&](const Range &range) { return range.offset == offset; });

    *found = ranges.back();
    count_--;
    if (bytes > wide_bytes)
        wide_--;
    else
        each_zone(offset, bytes, [&](uint64_t zone) { in_zone_[zone]--; });
}

} // namespace paravane::blk
