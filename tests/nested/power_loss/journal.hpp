// SPDX-License-Identifier: Apache-2.0
//
// What a guest did to its disk and what it was told, with a mark in the disk's log of writes at each moment
// from which on more must be there, or may be.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <unordered_map>
#include <vector>

#include "tests/backend/blk_workload.hpp"

namespace paravane::nested {

class Journal : public backend_test::BlkWitness {
  public:
    using Oracle = backend_test::BlkOracle;
    static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

    // Times are counts of what was noted.
    struct Change {
        uint64_t generation;
        uint64_t sector;
        uint32_t sectors;
        uint32_t queue;
        bool zeroes; // else it is data, which says of which generation it is
        bool durable;
        uint64_t begun;
        uint64_t answered = never;
    };
    struct Event {
        enum class Kind : uint8_t {
            zeroes_begin, // zeroes say nothing of themselves
            durable_answered,
            flush_answered
        };
        Kind kind;
        uint64_t which; // the generation of a change; the time at which a flush began
    };

    // `mark` puts the number of an event into the log. overwrites: a write with FUA may be to sectors which an
    // earlier change has left in the disk's cache. For the log of writes such a write comes before
    // that change, as for no disk.
    Journal(uint64_t sectors, bool overwrites, std::function<void(uint64_t)> mark)
        : overwrites_(overwrites), mark_(std::move(mark)), cached_(sectors)
    {
    }

    [[nodiscard]] bool allows_durable(uint64_t sector, uint32_t sectors) const override;
    void change_begins(const Oracle::Change &change, Oracle::Kind kind, uint32_t queue,
                       bool durable) override;
    void change_answered(const Oracle::Change &change) override;
    [[nodiscard]] uint64_t flush_begins() override { return ++clock_; }
    void flush_answered(uint64_t flush) override;

    // When the workload has stopped.
    [[nodiscard]] const std::vector<Event> &events() const { return events_; }
    // In the order of their answers.
    [[nodiscard]] const std::vector<uint64_t> &answered() const { return answered_; }
    // Null: there was none.
    [[nodiscard]] const Change *change(uint64_t generation) const
    {
        const auto found = changes_.find(generation);
        return found == changes_.end() ? nullptr : &found->second;
    }

  private:
    // What an earlier change may have left in the disk's cache.
    struct Cached {
        uint32_t in_flight = 0;
        uint64_t answered = 0;
    };

    void note(Event::Kind kind, uint64_t which);

    bool overwrites_;
    std::function<void(uint64_t)> mark_;
    std::unordered_map<uint64_t, Change> changes_;
    std::vector<uint64_t> answered_;
    std::vector<Event> events_;
    std::vector<Cached> cached_;
    uint64_t flushed_ = 0; // until when all that was answered is durable
    uint64_t clock_ = 0;
};

} // namespace paravane::nested
