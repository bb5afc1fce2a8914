// SPDX-License-Identifier: Apache-2.0
//
// One slot ring between two threads.
#pragma once

#include <cstdint>
#include <vector>

#include <sched.h>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"

namespace paravane::stress {

struct RingRound {
    pv_ring_geometry geometry;
    uint32_t start;
    uint64_t elements;
    uint64_t taken_at_most; // the consumer closes here; `elements` or more: it never does
    uint64_t key;
    uint32_t batch;
    // What either half asks for before it sleeps. Together at most slots + 1: with more, both could
    // wait for each other over a ring that is neither full nor empty enough.
    uint32_t wanted_messages;
    uint32_t wanted_room;
    bool polling; // nobody sleeps, nobody notifies, no fence is passed
    bool mixed;   // some of what is shown is shown quietly, but for the last before sleep

    static RingRound choose(Random &random)
    {
        const uint32_t slots = random.power(1, 10);
        const uint32_t messages = random.one_in(2) ? 1 : random.between(1, slots);
        RingRound round = {};
        round.geometry = {slots, PV_SLOT_SIZE_UNIT * random.between(1, 16)};
        round.start = random.index_before_wrap();
        round.elements = random.between(1, 3000);
        round.taken_at_most = random.one_in(6) ? random.below(2000) : UINT64_MAX;
        round.key = random.next();
        round.batch = random.one_in(3) ? 1 : random.between(1, 64);
        round.wanted_messages = messages;
        round.wanted_room = slots + 1 - messages;
        round.polling = random.one_in(4);
        round.mixed = random.one_in(3);
        return round;
    }
    [[nodiscard]] bool wraps() const { return start + static_cast<uint32_t>(elements) < start; }
};

class RingProducer {
  public:
    RingProducer(const RingRound &round, pv_shared memory, Half &half)
        : round_(round), half_(half), random_(round.key ^ 1),
          messages_(size_t{round.batch} * round.geometry.slot_size)
    {
        expect_kept(half.name(), pv_producer_attach(&ring_, memory, pv_ring_bytes(round.geometry),
                                                    round.geometry, round.start, &violations_));
    }

    void run()
    {
        while (put_ < round_.elements && put_batch()) {
        }
        show(true);
        pv_producer_close(&ring_);
        half_.notify();
        expect_kept(half_.name(), pv_producer_refused(&ring_));
    }
    [[nodiscard]] uint64_t put() const { return put_; }

  private:
    void show(bool may_be_quiet)
    {
        if (round_.polling || (may_be_quiet && round_.mixed && random_.one_in(2)))
            pv_producer_publish_quietly(&ring_);
        else
            half_.show(ring_.side, [this] { return pv_producer_publish(&ring_); });
    }

    // False: the consumer has closed.
    bool put_batch()
    {
        const uint32_t size = round_.geometry.slot_size;
        const uint64_t left = round_.elements - put_;
        uint32_t count = random_.between(1, round_.batch);
        count = left < count ? static_cast<uint32_t>(left) : count;
        for (uint32_t i = 0; i < count; i++)
            fill_payload(&messages_[size_t{i} * size], size, round_.key, put_ + i);
        for (uint32_t done = 0;;) {
            const uint32_t n =
                pv_producer_put(&ring_, &messages_[size_t{done} * size], size, count - done);
            done += n;
            put_ += n;
            if (done == count)
                break;
            show(false);
            if (!wait())
                return false;
        }
        // What is left unpublished goes with a later batch.
        if (random_.below(3) != 0)
            show(true);
        return true;
    }

    bool wait()
    {
        if (pv_producer_peer_closed(&ring_))
            return false;
        expect_kept(half_.name(), pv_producer_refused(&ring_));
        if (round_.polling)
            sched_yield();
        else if (pv_producer_arm(&ring_, random_.between(1, round_.wanted_room)))
            half_.sleep();
        return true;
    }

    const RingRound &round_;
    Half &half_;
    Random random_;
    std::vector<unsigned char> messages_;
    pv_violations violations_ = {};
    pv_producer ring_ = {};
    uint64_t put_ = 0;
};

class RingConsumer {
  public:
    RingConsumer(const RingRound &round, pv_shared memory, Half &half)
        : round_(round), half_(half), random_(round.key ^ 2),
          messages_(size_t{round.batch} * round.geometry.slot_size)
    {
        expect_kept(half.name(), pv_consumer_attach(&ring_, memory, pv_ring_bytes(round.geometry),
                                                    round.geometry, round.start, &violations_));
    }

    void run()
    {
        while (taken_ < round_.taken_at_most) {
            if (take()) {
                if (random_.below(3) != 0)
                    show(true);
                continue;
            }
            show(false);
            if (pv_consumer_ended(&ring_))
                break;
            wait();
        }
        pv_consumer_close(&ring_);
        half_.notify();
        expect_kept(half_.name(), pv_consumer_refused(&ring_));
    }
    [[nodiscard]] uint64_t taken() const { return taken_; }

  private:
    void show(bool may_be_quiet)
    {
        if (round_.polling || (may_be_quiet && round_.mixed && random_.one_in(2)))
            pv_consumer_release_quietly(&ring_);
        else
            half_.show(ring_.side, [this] { return pv_consumer_release(&ring_); });
    }

    bool take()
    {
        const uint32_t size = round_.geometry.slot_size;
        const uint32_t count =
            pv_consumer_take(&ring_, messages_.data(), size, random_.between(1, round_.batch));
        for (uint32_t i = 0; i < count; i++)
            if (!payload_intact(&messages_[size_t{i} * size], size, round_.key, taken_ + i))
                fail("%s: element %u after %llu is not what was put (%u slots of %u bytes, start "
                     "0x%x)",
                     half_.name(), i, static_cast<unsigned long long>(taken_),
                     round_.geometry.slots, size, round_.start);
        taken_ += count;
        return count > 0;
    }

    void wait()
    {
        expect_kept(half_.name(), pv_consumer_refused(&ring_));
        if (round_.polling)
            sched_yield();
        else if (pv_consumer_arm(&ring_, random_.between(1, round_.wanted_messages)))
            half_.sleep();
    }

    const RingRound &round_;
    Half &half_;
    Random random_;
    std::vector<unsigned char> messages_;
    pv_violations violations_ = {};
    pv_consumer ring_ = {};
    uint64_t taken_ = 0;
};

// Returns how many elements arrived.
template <typename Threads>
uint64_t run_ring(const RingRound &round, pv_shared memory, Threads &&threads)
{
    uint64_t put = 0;
    uint64_t taken = 0;
    format_at(memory, pv_ring_bytes(round.geometry), round.start);
    threads(
        [&](Half &half) {
            RingProducer producer(round, memory, half);
            producer.run();
            put = producer.put();
        },
        [&](Half &half) {
            RingConsumer consumer(round, memory, half);
            consumer.run();
            taken = consumer.taken();
        });
    const bool early = taken >= round.taken_at_most;
    if (early ? taken > put : put != round.elements || taken != put)
        fail("ring: %llu put, %llu taken of %llu", static_cast<unsigned long long>(put),
             static_cast<unsigned long long>(taken),
             static_cast<unsigned long long>(round.elements));
    return taken;
}

} // namespace paravane::stress
