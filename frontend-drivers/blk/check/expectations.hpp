// SPDX-License-Identifier: Apache-2.0
//
// What each sector of a region must or may hold. Every change has a generation, a number larger than those of all
// changes before it. While a change is in flight both old and new are right; once it is answered nothing older is.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "frontend-drivers/blk/check/sector.hpp"

namespace keel::blk::check {

enum class Change : uint8_t {
    write,
    zero,
    discard // then a sector holds what it likes
};

// Of changes that overlap and are in flight together: which is the last to land.
enum class Order : uint8_t {
    submission, // the one that was put last
    any
};

enum class Verdict : uint8_t {
    right,
    mixed,     // of several changes, some of which were in flight: right, but not atomic
    stale,     // an older one than was answered
    misplaced, // another sector's
    lost,      // zero, and nobody zeroed it
    foreign    // nothing of ours
};

[[nodiscard]] const char *name_of(Verdict verdict);
[[nodiscard]] inline bool is_wrong(Verdict verdict)
{
    return verdict != Verdict::right && verdict != Verdict::mixed;
}

class Expectations {
  public:
    // Of so many sectors from `first` on, of which nothing is known. At most so many changes are in flight.
    Expectations(uint64_t first, uint32_t sectors, uint64_t run, Order order, uint32_t in_flight);

    // A change that is about to be put: its generation. The range lies in the region.
    [[nodiscard]] uint32_t begin(Change change, uint64_t sector, uint32_t sectors);
    // It was answered, well or with an error.
    void end(uint32_t generation, bool well);

    // All changes until this one were answered.
    [[nodiscard]] uint32_t settled() const;

    // A read is about to be put: what was answered before it, for each of its sectors.
    void note(uint64_t sector, std::span<uint32_t> answered) const;
    // One sector of a read that is answered, with what was noted of it.
    [[nodiscard]] Verdict look(uint64_t sector, uint32_t answered, const Content &content) const;

    [[nodiscard]] uint64_t first() const { return first_; }
    [[nodiscard]] uint32_t sectors() const { return sectors_; }
    [[nodiscard]] uint64_t run() const { return run_; }

  private:
    // Generations; 0 is none. What was there before all is as after a discard.
    struct Sector {
        uint32_t answered = 0;  // the least that is right
        uint32_t newest = 0;    // that was put
        uint32_t zeroed = 0;    // the newest that zeroes
        uint32_t discarded = 1; // the newest that discards
    };
    struct Flight {
        uint64_t sector = 0;
        uint32_t sectors = 0;
        uint32_t generation = 0;
        uint32_t oldest = 0; // that may land after it
    };

    [[nodiscard]] Sector &at(uint64_t sector) const { return table_[sector - first_]; }

    uint64_t first_;
    uint32_t sectors_;
    uint64_t run_;
    Order order_;
    uint32_t newest_ = 1;
    std::unique_ptr<Sector[]> table_;
    std::unique_ptr<Flight[]> flights_;
    uint32_t flights_count_ = 0;
};

} // namespace keel::blk::check
