// SPDX-License-Identifier: Apache-2.0
//
// The hostile process: writes whatever it likes over the rings, as fast as it can. Mostly values
// that a good peer might have written there, so that its victim comes far enough to meet the
// others.
#pragma once

#include <cstdint>

#include "hostile_orders.hpp"
#include "random.hpp"
#include "rings.hpp"

namespace paravane::stress {

class Scribbler {
  public:
    Scribbler(pv_shared memory, const Target &target, const Attack &attack)
        : target_(target), attack_(attack), random_(attack.seed ^ target.offset),
          ring_(pv_shared_at(memory, target.offset)),
          own_(pv_side_own(pv_side_peer(target.victim))), victims_(pv_side_own(target.victim)),
          index_(load(own_))
    {
        if (attack.style == Style::messages)
            for (uint32_t slot = 0; slot < target.slots; slot++)
                message(slot);
    }

    void scribble()
    {
        switch (attack_.style) {
        case Style::noise:
            noise();
            return;
        case Style::moving:
            break;
        case Style::closing:
            if (random_.one_in(16))
                store(own_ + PV_SIDE_STATE, state());
            break;
        case Style::reserved:
            if (random_.one_in(8))
                store(own_ + 4 * random_.between(2, 2 * PV_RING_LINE / 4 - 1),
                      random_.one_in(4) ? random_.word() : 0);
            break;
        case Style::messages:
            message(random_.below(target_.slots));
            break;
        }
        if (random_.one_in(4))
            store(own_ + PV_SIDE_EVENT, load(victims_) + random_.below(target_.slots));
        if (random_.one_in(4))
            message(random_.below(target_.slots));
        move();
    }

  private:
    uint32_t load(uint32_t offset) { return pv_shared_load_relaxed(pv_shared_at(ring_, offset)); }
    void store(uint32_t offset, uint32_t value)
    {
        pv_shared_store_release(pv_shared_at(ring_, offset), value);
    }
    bool slips() { return random_.one_in(attack_.slip_one_in); }

    // Any word at all, the victim's own too, and half of the time one of the control block.
    void noise()
    {
        const uint32_t words =
            random_.one_in(2) ? sizeof(pv_ring_control) / 4 : target_.bytes() / 4;
        store(4 * random_.below(words), random_.one_in(2) ? random_.word() : random_.below(3));
    }

    // To any place where a good peer might go, or just beside one.
    void move()
    {
        const bool fills = target_.victim == PV_CONSUMER;
        const uint32_t victim = load(victims_);
        const uint32_t limit = fills ? victim + target_.slots : victim;
        uint32_t ahead = limit - index_;
        if (ahead > target_.slots) {
            // Lost: the victim's word was overwritten, or our index was.
            index_ = limit - random_.below(target_.slots + 1);
            ahead = 0;
        }
        index_ += random_.below(ahead + 1);
        // Where it is the messages that are wrong, the victim must come to read them.
        if (attack_.style == Style::messages || !slips()) {
            store(own_, index_);
            return;
        }
        if (random_.one_in(8))
            store(victims_, random_.word());
        const uint32_t near = random_.between(1, 3);
        const uint32_t wrong[] = {index_ - near, limit + near, random_.word(), limit - 0x80000000U};
        store(own_, wrong[random_.below(4)]);
    }

    uint32_t state()
    {
        if (slips())
            return random_.one_in(2) ? PV_RING_CLOSED + 1 : random_.word();
        return random_.one_in(8) ? PV_RING_OPEN : PV_RING_CLOSED;
    }

    // Mostly under an id that depends on the slot, so that few are used before they are free again.
    void message(uint32_t which)
    {
        // A stream has no messages; there it is a word among the bytes.
        const uint32_t index = target_.is_stream() ? which / 4 * 4 : which;
        const pv_shared slot = pv_ring_slot(ring_, target_.slots, target_.slot_size, index);
        switch (target_.messages) {
        case Messages::any:
            pv_shared_store_relaxed(slot, random_.word());
            return;
        case Messages::requests: {
            const pv_request_head head = request(which % attack_.depth);
            pv_shared_copy_in(slot, &head, sizeof(head));
            return;
        }
        case Messages::responses: {
            const pv_response_head head = response(which % attack_.depth);
            pv_shared_copy_in(slot, &head, sizeof(head));
            return;
        }
        }
    }

    uint16_t maybe_not(uint32_t id)
    {
        return static_cast<uint16_t>(slips() ? random_.below(0x10000) : id);
    }

    pv_request_head request(uint32_t id)
    {
        pv_request_head head = {};
        head.id = pv_le16_of(maybe_not(id));
        head.operation = static_cast<uint8_t>(slips() ? random_.below(256) : random_.below(4));
        head.flags = static_cast<uint8_t>(slips() ? random_.below(256) : random_.below(2));
        head.reserved = pv_le32_of(slips() ? random_.word() : 0);
        return head;
    }

    pv_response_head response(uint32_t id)
    {
        pv_response_head head = {};
        head.id = pv_le16_of(maybe_not(id));
        head.reserved = pv_le16_of(static_cast<uint16_t>(slips() ? random_.word() : 0));
        head.status =
            pv_le32_of(slips() ? random_.word() : 0U - random_.below(PV_STATUS_ERROR_MAX));
        return head;
    }

    const Target &target_;
    const Attack &attack_;
    Random random_;
    pv_shared ring_;
    uint32_t own_;     // offset of the hostile side's index line
    uint32_t victims_; // and of the victim's
    uint32_t index_;
};

// The hostile process. It ends with its parent only.
[[noreturn]] inline void scribble_for_ever(pv_shared memory, Orders &orders, Turns &turns)
{
    for (;;) {
        turns.wait();
        const uint32_t turn = turns.turn();
        turns.take();
        if (turn % 2 == 0)
            continue;
        const Attack attack = orders.attack;
        Scribbler first(memory, attack.target[0], attack);
        Scribbler second(memory, attack.target[attack.targets - 1], attack);
        while (turns.turn() == turn) {
            for (uint32_t i = 0; i < 16; i++) {
                first.scribble();
                if (attack.targets == 2)
                    second.scribble();
            }
            orders.scribbles.fetch_add(1, std::memory_order_relaxed);
        }
    }
}

} // namespace paravane::stress
