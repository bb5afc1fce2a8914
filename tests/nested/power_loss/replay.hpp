// SPDX-License-Identifier: Apache-2.0
//
// The disk as it would be after a loss of power, at each moment that the log of writes knows: each of its
// prefixes, one after the other. A sector holds one of the changes that were asked for, whole, and none that
// comes before one which was durable by then: which a flush was answered for that was sent after its answer,
// or which had FUA and was answered.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "journal.hpp"
#include "write_log.hpp"

namespace paravane::nested {

class Replay {
  public:
    struct Counts {
        uint64_t prefixes = 0;
        uint64_t writes = 0;  // entries with data
        uint64_t durable = 0; // of them with FUA
        uint64_t flushes = 0;
        uint64_t marks = 0;
        uint64_t compared = 0; // sectors
        uint64_t wrong = 0;    // of them
        uint64_t acknowledged_flushes = 0;
        uint64_t acknowledged_durable = 0;
    };

    // A disk of zeroes. The journal outlives it.
    Replay(const Journal &journal, uint64_t sectors);

    // The next prefix. Every sector that it changes, or of which more is known, is compared; the others are what
    // they were. A problem: it is no log of what the journal tells of.
    [[nodiscard]] Result<void> add(const LogEntry &entry);

    [[nodiscard]] const Counts &counts() const { return counts_; }
    // The first few that were wrong, a line each.
    [[nodiscard]] const std::string &wrong() const { return wrong_; }
    // Whether all that the journal has marked was there.
    [[nodiscard]] bool complete() const { return next_ == journal_.events().size(); }
    [[nodiscard]] const std::vector<std::byte> &disk() const { return disk_; }

  private:
    using Change = Journal::Change;
    static constexpr std::size_t queues_max = 4;

    struct Sector {
        enum class Holds : uint8_t { zeroes, data, foreign };
        Holds holds = Holds::zeroes;
        const Change *change = nullptr; // of data
        // When the newest durable ones began, among all and among those of a queue.
        uint64_t durable = 0;
        std::array<uint64_t, queues_max> durable_of{};
        // What may have made it zero, besides that it was at first.
        std::vector<const Change *> zeroes;
    };

    [[nodiscard]] static bool is_over(const Sector &sector, const Change &change)
    {
        return change.answered < sector.durable ||
               change.begun < sector.durable_of.at(change.queue);
    }
    [[nodiscard]] static bool is_right(const Sector &sector);
    void write(const LogEntry &entry);
    void happen(const Journal::Event &event);
    void make_durable(const Change &change);
    void compare(uint64_t number);

    const Journal &journal_;
    std::vector<Sector> sectors_;
    std::vector<std::byte> disk_;
    std::size_t next_ = 0;    // event
    std::size_t flushed_ = 0; // of the journal's answers
    Counts counts_;
    std::string wrong_;
};

} // namespace paravane::nested
