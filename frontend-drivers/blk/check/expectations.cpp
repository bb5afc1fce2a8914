// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/check/expectations.hpp"

#include <algorithm>

namespace keel::blk::check {

const char *name_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::right:
        return "right";
    case Verdict::mixed:
        return "mixed";
    case Verdict::stale:
        return "stale";
    case Verdict::misplaced:
        return "misplaced";
    case Verdict::lost:
        return "lost";
    case Verdict::foreign:
        break;
    }
    return "foreign";
}

Expectations::Expectations(uint64_t first, uint32_t sectors, uint64_t run, Order order,
                           uint32_t in_flight)
    : first_(first), sectors_(sectors), run_(run), order_(order),
      table_(std::make_unique<Sector[]>(sectors)), flights_(std::make_unique<Flight[]>(in_flight))
{
}

uint32_t Expectations::begin(Change change, uint64_t sector, uint32_t sectors)
{
    const uint32_t generation = ++newest_;
    uint32_t oldest = generation;

    for (uint32_t i = 0; i < flights_count_; i++) {
        const Flight &other = flights_[i];
        if (other.sector < sector + sectors && sector < other.sector + other.sectors)
            oldest = std::min(oldest, other.generation);
    }
    flights_[flights_count_++] = {sector, sectors, generation,
                                  order_ == Order::submission ? generation : oldest};
    for (uint32_t i = 0; i < sectors; i++) {
        Sector &one = at(sector + i);
        one.newest = generation;
        if (change == Change::zero)
            one.zeroed = generation;
        if (change == Change::discard)
            one.discarded = generation;
    }
    return generation;
}

void Expectations::end(uint32_t generation, bool well)
{
    const std::span<Flight> flights(flights_.get(), flights_count_);
    const auto flight = std::find_if(flights.begin(), flights.end(), [&](const Flight &one) {
        return one.generation == generation;
    });

    if (flight == flights.end())
        return;
    // After an error both old and new may be there.
    for (uint32_t i = 0; well && i < flight->sectors; i++) {
        Sector &one = at(flight->sector + i);
        one.answered = std::max(one.answered, flight->oldest);
    }
    *flight = flights.back();
    flights_count_--;
}

uint32_t Expectations::settled() const
{
    uint32_t settled = newest_;

    for (uint32_t i = 0; i < flights_count_; i++)
        settled = std::min(settled, flights_[i].generation - 1);
    return settled;
}

void Expectations::note(uint64_t sector, std::span<uint32_t> answered) const
{
    for (uint32_t &one : answered)
        one = at(sector++).answered;
}

Verdict Expectations::look(uint64_t sector, uint32_t answered, const Content &content) const
{
    const Sector &one = at(sector);
    const bool changing = one.newest > answered;

    // At least: a change that was answered before the read is no reason for anything any more.
    if (one.discarded >= answered)
        return Verdict::right;
    switch (content.kind) {
    case Content::Kind::zero:
        return one.zeroed >= answered ? Verdict::right : Verdict::lost;
    case Content::Kind::stamped:
        if (content.stamp.run != run_)
            return Verdict::foreign;
        if (content.stamp.sector != sector)
            return Verdict::misplaced;
        if (content.stamp.generation > one.newest)
            return Verdict::foreign;
        return content.stamp.generation >= answered ? Verdict::right : Verdict::stale;
    case Content::Kind::other:
        break;
    }
    return changing ? Verdict::mixed : Verdict::foreign;
}

} // namespace keel::blk::check
