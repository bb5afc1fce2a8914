// SPDX-License-Identifier: Apache-2.0
//
// Checks one queue of a disk: keeps requests in flight, remembers what they may have done, and looks at every
// sector that it reads. All but the answers' order follows from the seed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "frontend-drivers/blk/attendant.hpp"
#include "frontend-drivers/blk/check/expectations.hpp"
#include "frontend-drivers/blk/check/pool.hpp"
#include "frontend-drivers/blk/check/traffic.hpp"

namespace keel::blk::check {

struct Counts {
    uint64_t requests = 0;
    uint64_t reads = 0;
    uint64_t writes = 0;
    uint64_t flushes = 0;
    uint64_t zeroes = 0;
    uint64_t discards = 0;
    uint64_t indirect = 0; // requests with a table of segments
    uint64_t sectors = 0;  // verified
    uint64_t mixed = 0;    // of them
    uint64_t errors = 0;
    int32_t first_error = 0;

    void add(const Counts &other);
};

struct Wrong {
    Verdict verdict = Verdict::right; // none was wrong
    uint64_t sector = 0;
    uint32_t answered = 0; // the oldest generation that would have been right
    Content content;
};

// What a loss of power must leave: the changes until a generation, or that one.
enum class Lasting : uint8_t { until, one };

struct Task {
    Region region;
    uint32_t operations = 0; // as a set of bits
    uint32_t depth = 1;
    uint32_t pages = 0;  // for data
    uint64_t rounds = 0; // requests; 0: until it is stopped
    uint64_t seed = 0;
    uint64_t run = 0;
    Order order = Order::submission;
    bool indirect = false;
    bool fua = true;
    // Called as soon as it is known, if it is there.
    void (*tell)(const Region &region, Lasting what, uint32_t generation) = nullptr;
};

class Checker {
  public:
    explicit Checker(const Task &task);
    Checker(const Checker &) = delete;
    Checker &operator=(const Checker &) = delete;

    // False: the arena has no room for the data.
    [[nodiscard]] bool good() const { return pool_.good(); }

    // Until the rounds are over, something is wrong, or it is stopped; then reads everything back.
    void run(Channel &channel, Attendant &attendant);

    [[nodiscard]] const Counts &counts() const { return counts_; }
    [[nodiscard]] const Wrong &wrong() const { return wrong_; }
    // All that was put was answered, and everything was read back.
    [[nodiscard]] bool complete() const { return complete_; }

  private:
    // A request in flight.
    struct Slot {
        Step step;
        uint32_t generation = 0; // of a change; of a flush, until which it holds
        uint32_t large = Pool::none;
        std::size_t segments = 0;
        std::array<Segment, PV_BLK_SEGMENTS_MAX> segment{};
        std::array<pv_shared, PV_BLK_SEGMENTS_MAX> place{};
        std::array<uint32_t, PV_BLK_SEGMENTS_MAX> page{};
        // Of a read: what was answered before it.
        std::array<uint32_t, PV_BLK_REQUEST_SECTORS_MAX> answered{};
    };

    void work(Channel &channel, Attendant &attendant);
    void read_back(Channel &channel, Attendant &attendant);
    // Until nothing is in flight. False: too late.
    [[nodiscard]] bool drain(Channel &channel, Attendant &attendant);
    void poll(Channel &channel, Attendant &attendant);

    // False: there is no room now.
    [[nodiscard]] bool put(Channel &channel, const Step &step);
    [[nodiscard]] bool place(Slot &slot);
    void place_large(Slot &slot);
    void place_pages(Slot &slot, std::size_t most);
    void give_back(Slot &slot);
    void stamp(const Slot &slot);
    void answered(uint32_t number, int32_t status);
    void verify(const Slot &slot);
    template <class Function> void each_sector(const Slot &slot, const Function &function);

    Task task_;
    Traffic traffic_;
    Expectations expectations_;
    Pool pool_;
    std::unique_ptr<std::unique_ptr<Slot>[]> slots_;
    std::unique_ptr<uint32_t[]> free_;
    uint32_t free_count_;
    Counts counts_;
    Wrong wrong_;
    bool complete_ = false;
};

} // namespace keel::blk::check
