// SPDX-License-Identifier: Apache-2.0
//
// The good halves of rings whose other half is hostile. Each does all that its half can do, in any
// order, and checks what must hold whatever the peer writes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "hostile_orders.hpp"
#include "random.hpp"
#include "rings.hpp"

namespace paravane::stress {

struct Place {
    pv_shared memory; // the arena's begin
    const Attack &attack;
    uint32_t start;

    [[nodiscard]] pv_shared ring(uint32_t which) const
    {
        return pv_shared_at(memory, attack.target[which].offset);
    }
    [[nodiscard]] uint64_t bytes(uint32_t which) const { return attack.target[which].bytes(); }
    [[nodiscard]] pv_ring_geometry geometry(uint32_t which) const
    {
        return {attack.target[which].slots, attack.target[which].slot_size};
    }
};

class Victim {
  public:
    Victim(const Place &place, Random &random) : place_(place), random_(random) {}
    Victim(const Victim &) = delete;
    Victim &operator=(const Victim &) = delete;
    Victim(Victim &&) = delete;
    Victim &operator=(Victim &&) = delete;
    virtual ~Victim() = default;

    virtual void attach() = 0;
    virtual void step() = 0;
    // One or two, in the order of the attack's targets.
    [[nodiscard]] virtual std::vector<const pv_side *> sides() const = 0;

    [[nodiscard]] const pv_violations &violations() const { return violations_; }

  protected:
    // What a side of `slots` may say that it moved, or could move.
    static uint32_t bounded(const pv_side &side, bool was_refused, uint32_t result, uint32_t most)
    {
        if (result > most || (was_refused && result != 0))
            fail("%u of %u slots moved where %u could%s", result, side.slots,
                 was_refused ? 0 : most, was_refused ? ": refused before" : "");
        if (side.refused == PV_RULE_KEPT && side.next - side.shown > side.slots)
            fail("%u slots moved and not shown, of %u", side.next - side.shown, side.slots);
        return result;
    }
    static bool refused(const pv_side &side) { return side.refused != PV_RULE_KEPT; }
    static void silent(const pv_side &side, bool was_refused, bool result)
    {
        if (was_refused && result)
            fail("a refused side of %u slots asks to sleep or to notify", side.slots);
    }
    uint32_t wanted(const pv_side &side) { return random_.below(side.slots + 3); }

    const Place &place_;
    Random &random_;
    pv_violations violations_ = {};
};

// Bytes come to exactly as much heap as they may fill, where AddressSanitizer knows the end.
template <typename Taker> uint32_t taken_into_heap(uint32_t size, uint32_t most, Taker &&taker)
{
    const auto heap = std::make_unique<unsigned char[]>(size_t{size} * most + 1);
    const uint32_t count = taker(heap.get());
    volatile unsigned char sink = 0;
    if (count <= most)
        for (size_t i = 0; i < size_t{count} * size; i++)
            sink = sink ^ heap[i];
    return count;
}

class ProducerVictim final : public Victim {
  public:
    using Victim::Victim;

    void attach() override
    {
        pv_producer_attach(&ring_, place_.ring(0), place_.bytes(0), place_.geometry(0),
                           place_.start, &violations_);
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override { return {&ring_.side}; }

    void step() override
    {
        const pv_side &side = ring_.side;
        const bool was = refused(side);
        const uint32_t slots = place_.geometry(0).slots;
        const uint32_t size = place_.geometry(0).slot_size;
        const uint32_t count = random_.between(1, slots + 2);
        switch (random_.below(8)) {
        case 0:
        case 1:
        case 2: {
            const std::vector<unsigned char> messages(size_t{count} * size, 0x5a);
            bounded(side, was, pv_producer_put(&ring_, messages.data(), size, count),
                    std::min(count, slots));
            break;
        }
        case 3:
            silent(side, was, pv_producer_publish(&ring_));
            break;
        case 4:
            pv_producer_publish_quietly(&ring_);
            break;
        case 5:
            silent(side, was, pv_producer_arm(&ring_, wanted(side)));
            break;
        case 6:
            silent(side, was, pv_producer_peer_closed(&ring_));
            break;
        default:
            bounded(side, was, pv_producer_room(&ring_), slots);
            break;
        }
    }

  private:
    pv_producer ring_ = {};
};

class ConsumerVictim final : public Victim {
  public:
    using Victim::Victim;

    void attach() override
    {
        pv_consumer_attach(&ring_, place_.ring(0), place_.bytes(0), place_.geometry(0),
                           place_.start, &violations_);
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override { return {&ring_.side}; }

    void step() override
    {
        const pv_side &side = ring_.side;
        const bool was = refused(side);
        const uint32_t slots = place_.geometry(0).slots;
        const uint32_t size = place_.geometry(0).slot_size;
        const uint32_t most = random_.between(1, slots + 2);
        switch (random_.below(8)) {
        case 0:
        case 1:
        case 2:
            bounded(side, was,
                    taken_into_heap(size, most,
                                    [&](unsigned char *to) {
                                        return pv_consumer_take(&ring_, to, size, most);
                                    }),
                    std::min(most, slots));
            break;
        case 3:
            silent(side, was, pv_consumer_release(&ring_));
            break;
        case 4:
            pv_consumer_release_quietly(&ring_);
            break;
        case 5:
            silent(side, was, pv_consumer_arm(&ring_, wanted(side)));
            break;
        case 6:
            silent(side, was, pv_consumer_ended(&ring_));
            break;
        default:
            bounded(side, was, pv_consumer_available(&ring_), slots);
            break;
        }
    }

  private:
    pv_consumer ring_ = {};
};

} // namespace paravane::stress
