// SPDX-License-Identifier: Apache-2.0
#include "journal.hpp"

#include <algorithm>

namespace paravane::nested {

bool Journal::allows_durable(uint64_t sector, uint32_t sectors) const
{
    const auto first = cached_.begin() + static_cast<std::ptrdiff_t>(sector);

    return overwrites_ || std::all_of(first, first + sectors, [this](const Cached &cached) {
               return cached.in_flight == 0 && cached.answered <= flushed_;
           });
}

void Journal::note(Event::Kind kind, uint64_t which)
{
    events_.push_back({kind, which});
    mark_(events_.size() - 1);
}

void Journal::change_begins(const Oracle::Change &change, Oracle::Kind kind, uint32_t queue,
                            bool durable)
{
    const bool zeroes = kind == Oracle::Kind::zero;

    changes_.insert(
        {change.generation,
         {change.generation, change.sector, change.sectors, queue, zeroes, durable, ++clock_}});
    for (uint64_t at = change.sector; !durable && at < change.sector + change.sectors; at++)
        cached_.at(at).in_flight++;
    if (zeroes)
        note(Event::Kind::zeroes_begin, change.generation);
}

void Journal::change_answered(const Oracle::Change &of)
{
    Change &change = changes_.at(of.generation);

    change.answered = ++clock_;
    answered_.push_back(change.generation);
    if (change.durable) {
        note(Event::Kind::durable_answered, change.generation);
        return;
    }
    for (uint64_t at = change.sector; at < change.sector + change.sectors; at++) {
        cached_.at(at).in_flight--;
        cached_.at(at).answered = change.answered;
    }
}

void Journal::flush_answered(uint64_t flush)
{
    ++clock_;
    flushed_ = std::max(flushed_, flush);
    note(Event::Kind::flush_answered, flush);
}

} // namespace paravane::nested
