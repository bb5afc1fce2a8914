// SPDX-License-Identifier: Apache-2.0
#include "guest_replay.hpp"

#include <algorithm>
#include <cstring>

extern "C" {
#include <paravane/blk.h>
}

namespace paravane::nested {

using keel::blk::check::Content;
using keel::blk::check::SectorWords;

Content GuestReplay::content(const LogEntry &entry, uint64_t number) const
{
    SectorWords words;

    std::memcpy(words.data(), entry.data.data() + number * PV_BLK_SECTOR, PV_BLK_SECTOR);
    Content content = keel::blk::check::content_of(words);
    // One of another place or time is nothing of ours.
    if (content.kind == Content::Kind::stamped &&
        (content.stamp.run != run_ || content.stamp.sector != entry.sector + number))
        content.kind = Content::Kind::other;
    return content;
}

Result<void> GuestReplay::look_ahead(const LogEntry &entry)
{
    if (entry.mark)
        return {};
    if (entry.discard || entry.sector > sectors_.size() ||
        entry.sectors > sectors_.size() - entry.sector)
        return Problem{"a write that nobody can have made"};
    for (uint64_t i = 0; i < entry.sectors; i++) {
        const Content found = content(entry, i);
        if (found.kind == Content::Kind::stamped)
            sectors_[entry.sector + i].written.push_back(found.stamp.generation);
    }
    return {};
}

void GuestReplay::add(const LogEntry &entry)
{
    for (Sector &sector : sectors_) {
        if (!sorted_)
            std::ranges::sort(sector.written);
    }
    sorted_ = true;
    counts_.prefixes++;
    counts_.flushes += entry.flush ? 1 : 0;
    counts_.durable += entry.fua ? 1 : 0;
    counts_.writes += entry.sectors > 0 ? 1 : 0;
    if (entry.mark && !complete() && *entry.mark == std::to_string(next_))
        happen(events_[next_++]);
    for (uint64_t i = 0; i < entry.sectors; i++) {
        const Content found = content(entry, i);
        Sector &sector = sectors_[entry.sector + i];

        sector.right = found.kind != Content::Kind::other;
        sector.zeroed = found.kind == Content::Kind::zero;
        sector.generation = sector.zeroed ? 0 : found.stamp.generation;
        compare(sector);
    }
}

void GuestReplay::happen(const Event &event)
{
    for (Sector &sector : sectors_) {
        const auto after = std::ranges::upper_bound(sector.written, event.generation);
        if (after == sector.written.begin())
            continue;
        const uint32_t newest = *(after - 1);
        if (newest <= sector.durable || (!event.until && newest != event.generation))
            continue;
        sector.durable = newest;
        compare(sector);
    }
}

void GuestReplay::compare(const Sector &sector)
{
    counts_.compared++;
    if (!sector.right || (!sector.zeroed && sector.generation < sector.durable))
        counts_.wrong++;
}

} // namespace paravane::nested
