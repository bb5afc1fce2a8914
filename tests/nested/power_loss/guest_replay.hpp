// SPDX-License-Identifier: Apache-2.0
//
// The same for keel's blkcheck, which says itself what must last: all changes until one, or that one. Which sectors
// a change was to is known from where the log has it in the end. So changes that are never written at all, and
// zeroes, which do not say whose they are, are left to blkcheck itself, and to Replay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "frontend-drivers/blk/check/sector.hpp"
#include "write_log.hpp"

namespace paravane::nested {

class GuestReplay {
  public:
    struct Event {
        bool until; // else that one
        uint32_t generation;
    };
    struct Counts {
        uint64_t prefixes = 0;
        uint64_t writes = 0;
        uint64_t flushes = 0;
        uint64_t durable = 0; // with FUA
        uint64_t compared = 0;
        uint64_t wrong = 0;
    };

    // A disk of zeroes. The events are as marks name them, and outlive it.
    GuestReplay(const std::vector<Event> &events, uint64_t sectors, uint64_t run)
        : events_(events), run_(run), sectors_(sectors)
    {
    }

    // Once for each entry, before the first add().
    [[nodiscard]] Result<void> look_ahead(const LogEntry &entry);
    // The next prefix.
    void add(const LogEntry &entry);

    [[nodiscard]] const Counts &counts() const { return counts_; }
    [[nodiscard]] bool complete() const { return next_ == events_.size(); }

  private:
    struct Sector {
        bool right = true; // zeroes, or its own stamp
        bool zeroed = false;
        uint32_t generation = 0;
        uint32_t durable = 0;
        std::vector<uint32_t> written; // generations, in the end in order
    };

    [[nodiscard]] keel::blk::check::Content content(const LogEntry &entry, uint64_t number) const;
    void happen(const Event &event);
    void compare(const Sector &sector);

    const std::vector<Event> &events_;
    uint64_t run_;
    std::vector<Sector> sectors_;
    std::size_t next_ = 0;
    bool sorted_ = false;
    Counts counts_;
};

} // namespace paravane::nested
