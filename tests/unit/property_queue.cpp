// SPDX-License-Identifier: Apache-2.0
//
// All sequences of calls, up to a length, on rings of 2 and 4 slots, against a queue of plain numbers.
#include <algorithm>
#include <array>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "layout.hpp"
#include "message.hpp"
#include "property.hpp"
#include "ring_memory.hpp"
#include "starts.hpp"

namespace paravane::unit {

namespace {

constexpr uint32_t slot_size = 16;

enum Operation {
    put_one,
    put_all,
    publish,
    publish_quietly,
    take_one,
    take_all,
    release,
    release_quietly,
    consumer_arms_one,
    consumer_arms_all,
    producer_arms_one,
    producer_arms_all,
    operations
};

// A queue of at most four numbers. A standard one would spend most of the time on its memory.
class Numbers {
  public:
    [[nodiscard]] uint32_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] uint32_t front() const { return numbers_[0]; }
    void push_back(uint32_t number) { numbers_.at(size_++) = number; }
    void pop_front()
    {
        std::copy(numbers_.begin() + 1, numbers_.end(), numbers_.begin());
        size_--;
    }

  private:
    std::array<uint32_t, 4> numbers_ = {};
    uint32_t size_ = 0;
};

// What the ring is to be, without an index in it.
struct Model {
    uint32_t slots;
    Numbers filled;             // put, not published
    Numbers published;          // not taken
    uint32_t taken = 0;         // not released
    uint32_t known = 0;         // of the published, those that the consumer has seen
    uint32_t sequence;          // of the next message put
    uint32_t shown_by_producer; // the index words that the peer sees
    uint32_t shown_by_consumer;
    uint32_t producer_event = 0;
    uint32_t consumer_event = 0;
    bool producer_quiet = false; // showed something without asking, since it asked last
    bool consumer_quiet = false;

    [[nodiscard]] uint32_t outstanding() const { return filled.size() + published.size(); }
    [[nodiscard]] uint32_t room() const { return slots - outstanding() - taken; }
};

// What tells one world from another; what lies in memory follows from it.
using Key = std::array<uint32_t, 11>;

struct World {
    pv_producer producer = {};
    pv_consumer consumer = {};
    Model model;

    [[nodiscard]] Key key() const
    {
        return {producer.side.next,
                producer.side.shown,
                producer.side.seen,
                consumer.side.next,
                consumer.side.shown,
                consumer.side.seen,
                model.producer_event,
                model.consumer_event,
                model.known,
                model.sequence,
                (model.producer_quiet ? 1U : 0U) | (model.consumer_quiet ? 2U : 0U)};
    }
};

struct KeyHash {
    size_t operator()(const Key &key) const
    {
        uint64_t hash = 0;
        for (uint32_t word : key)
            hash = (hash ^ word) * 0x9e3779b97f4a7c15U;
        return hash ^ hash >> 32;
    }
};

// Is there an index from after `old` up to `now` that is `event`? By counting.
bool passes(uint32_t old, uint32_t now, uint32_t event)
{
    for (uint32_t index = old; index != now;)
        if (++index == event)
            return true;
    return false;
}

class Explorer {
  public:
    Explorer(uint32_t slots, uint32_t start, unsigned int depth)
        : slots_(slots), depth_(depth), memory_(pv_ring_geometry{slots, slot_size})
    {
        World first = {};
        const pv_ring_geometry geometry{slots, slot_size};
        memory_.set_word(layout::producer_index, start);
        memory_.set_word(layout::consumer_index, start);
        EXPECT_EQ(pv_producer_attach(&first.producer, memory_.at(), memory_.bytes(), geometry,
                                     start, &violations_),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_consumer_attach(&first.consumer, memory_.at(), memory_.bytes(), geometry,
                                     start, &violations_),
                  PV_RULE_KEPT);
        first.model.slots = slots;
        first.model.sequence = start;
        first.model.shown_by_producer = start;
        first.model.shown_by_consumer = start;
        level_.push_back(first);
    }

    // Breadth first: a world that was reached before, and so in fewer calls, is not gone on from.
    void run()
    {
        std::vector<World> next;
        for (unsigned int length = 0; length < depth_ && !level_.empty(); length++) {
            next.clear();
            for (const World &world : level_)
                for (int operation = 0; operation < operations; operation++) {
                    World after = world;
                    write_memory(world.model);
                    ASSERT_TRUE(step(after, static_cast<Operation>(operation)))
                        << "operation " << operation << ", " << slots_ << " slots, call " << length;
                    ASSERT_TRUE(memory_agrees(after.model))
                        << "operation " << operation << ", " << slots_ << " slots, call " << length;
                    if (reached_.insert(after.key()).second)
                        next.push_back(after);
                }
            level_.swap(next);
        }
        ASSERT_TRUE(memory_.guards_hold());
    }

    [[nodiscard]] size_t reached() const { return reached_.size(); }

  private:
    void write_memory(const Model &model)
    {
        memory_.set_word(layout::producer_index, model.shown_by_producer);
        memory_.set_word(layout::producer_event, model.producer_event);
        memory_.set_word(layout::consumer_index, model.shown_by_consumer);
        memory_.set_word(layout::consumer_event, model.consumer_event);
        for (uint32_t back = model.outstanding(); back > 0; back--)
            write_pattern(slot_of(model.sequence - back), model.sequence - back, slot_size);
    }

    bool memory_agrees(const Model &model)
    {
        bool agrees = memory_.word(layout::producer_index) == model.shown_by_producer &&
                      memory_.word(layout::producer_event) == model.producer_event &&
                      memory_.word(layout::consumer_index) == model.shown_by_consumer &&
                      memory_.word(layout::consumer_event) == model.consumer_event;
        for (uint32_t back = model.outstanding(); back > 0; back--)
            agrees = agrees &&
                     is_pattern(slot_of(model.sequence - back), model.sequence - back, slot_size);
        return agrees;
    }

    // A message's sequence is the index that it is put at.
    unsigned char *slot_of(uint32_t sequence)
    {
        return memory_.data() + layout::slots + size_t{sequence % slots_} * slot_size;
    }

    bool step(World &world, Operation operation)
    {
        switch (operation) {
        case put_one:
            return put(world, 1);
        case put_all:
            return put(world, slots_);
        case publish:
        case publish_quietly:
            return show_filled(world, operation == publish);
        case take_one:
            return take(world, 1);
        case take_all:
            return take(world, slots_ + 1);
        case release:
        case release_quietly:
            return show_taken(world, operation == release);
        case consumer_arms_one:
            return arm_consumer(world, 1);
        case consumer_arms_all:
            return arm_consumer(world, slots_);
        case producer_arms_one:
            return arm_producer(world, 1);
        case producer_arms_all:
            return arm_producer(world, slots_);
        case operations:
            break;
        }
        return false;
    }

    static bool put(World &world, uint32_t count)
    {
        Model &model = world.model;
        unsigned char messages[4 * slot_size];
        for (uint32_t i = 0; i < count; i++)
            write_pattern(&messages[size_t{i} * slot_size], model.sequence + i, slot_size);
        const uint32_t expected = std::min(count, model.room());
        for (uint32_t i = 0; i < expected; i++)
            model.filled.push_back(model.sequence++);
        return pv_producer_put(&world.producer, messages, slot_size, count) == expected;
    }

    static bool show_filled(World &world, bool aloud)
    {
        Model &model = world.model;
        const uint32_t old = model.shown_by_producer;
        const bool was_quiet = model.producer_quiet;
        model.producer_quiet = !aloud && (was_quiet || !model.filled.empty());
        model.shown_by_producer += model.filled.size();
        for (; !model.filled.empty(); model.filled.pop_front())
            model.published.push_back(model.filled.front());
        if (!aloud) {
            pv_producer_publish_quietly(&world.producer);
            return true;
        }
        return pv_producer_publish(&world.producer) ==
               (was_quiet || passes(old, model.shown_by_producer, model.consumer_event));
    }

    bool take(World &world, uint32_t most) const
    {
        Model &model = world.model;
        unsigned char to[8 * slot_size];
        if (model.known == 0)
            model.known = model.published.size();
        const uint32_t expected = std::min(most, model.known);
        if (pv_consumer_take(&world.consumer, to, slot_size, most) != expected)
            return false;
        for (uint32_t i = 0; i < expected; i++) {
            if (!is_pattern(&to[size_t{i} * slot_size], model.published.front(), slot_size))
                return false;
            model.published.pop_front();
        }
        model.known -= expected;
        model.taken += expected;
        return model.taken <= slots_;
    }

    static bool show_taken(World &world, bool aloud)
    {
        Model &model = world.model;
        const uint32_t old = model.shown_by_consumer;
        const bool was_quiet = model.consumer_quiet;
        model.consumer_quiet = !aloud && (was_quiet || model.taken != 0);
        model.shown_by_consumer += model.taken;
        model.taken = 0;
        if (!aloud) {
            pv_consumer_release_quietly(&world.consumer);
            return true;
        }
        return pv_consumer_release(&world.consumer) ==
               (was_quiet || passes(old, model.shown_by_consumer, model.producer_event));
    }

    // What was taken must be released first.
    static bool arm_consumer(World &world, uint32_t wanted)
    {
        Model &model = world.model;
        const auto there = model.published.size();
        if (model.taken != 0)
            return !pv_consumer_arm(&world.consumer, wanted);
        model.known = there;
        model.consumer_event = model.shown_by_producer - there + wanted;
        return pv_consumer_arm(&world.consumer, wanted) == (there < wanted);
    }

    static bool arm_producer(World &world, uint32_t wanted)
    {
        Model &model = world.model;
        const uint32_t room = model.room();
        if (!model.filled.empty())
            return !pv_producer_arm(&world.producer, wanted);
        // The consumer's index at which `wanted` are free.
        model.producer_event = model.shown_by_consumer - room + wanted;
        return pv_producer_arm(&world.producer, wanted) == (room < wanted);
    }

    uint32_t slots_;
    unsigned int depth_;
    RingMemory memory_;
    pv_violations violations_ = {};
    std::vector<World> level_;
    std::unordered_set<Key, KeyHash> reached_;
};

void explore(uint32_t slots, unsigned int depth)
{
    size_t reached = 0;
    for (uint32_t start : starts) {
        Explorer explorer(slots, start, depth);
        explorer.run();
        reached += explorer.reached();
        if (testing::Test::HasFatalFailure())
            return;
    }
    testing::Test::RecordProperty("worlds", static_cast<int>(reached));
}

PARAVANE_PROPERTY(two_slots_are_a_queue, "two-slots-are-a-queue")
{
    explore(2, 18);
}

PARAVANE_PROPERTY(four_slots_are_a_queue, "four-slots-are-a-queue")
{
    explore(4, 12);
}

} // namespace

} // namespace paravane::unit
