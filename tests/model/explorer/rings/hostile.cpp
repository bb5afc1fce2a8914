// SPDX-License-Identifier: Apache-2.0
//
// A peer that lies in every word it can write. It leaves the slots alone: what a lie in the payload
// can do is a matter of copying out once, which the fuzz targets try with loads that change.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
// Written by the lying thread only.
struct Lies {
    std::uint32_t told[3];
    std::uint32_t count;
};
Lies lies;

void tell(Address word, std::uint32_t value)
{
    lies.told[lies.count++] = value;
    store(word, value, Order::release);
}

void slots_in_use()
{
    for (std::uint32_t slot = 0; slot < ring.geometry.slots; slot++) {
        const Message message = message_of(slot);
        pv_shared_copy_in(pv_ring_slot(ring.memory(), ring.geometry.slots, sizeof message, slot),
                          &message, sizeof message);
    }
}

// A ring whose slots hold something, and a liar.
void ring_with_liar(Program &program, std::uint32_t slots)
{
    single_ring(program, slots);
    also_at_start(slots_in_use);
    also_before_each([] { lies = Lies{}; });
}

// Offsets that a lying index takes from where the ring begins.
std::uint32_t any_offset(std::uint32_t slots)
{
    const std::uint32_t offsets[] = {1, slots, slots + 1, 0xffffffffU, 0x80000000U};
    return offsets[choose(5)];
}

void lying_producer_index(Program &program)
{
    ring_with_liar(program, 2);
    program.thread("liar", [] {
        tell(ring.producer_index(), wrap_start + any_offset(2));
        tell(ring.producer_index(), wrap_start + any_offset(2));
    });
    program.thread("consumer", [] {
        const pv_consumer &consumer = world.consumer;
        for (unsigned round = 0; round < 4; round++) {
            std::array<Message, 4> messages{};
            const bool refused = pv_consumer_refused(&consumer) != PV_RULE_KEPT;
            const std::uint32_t done =
                pv_consumer_take(&world.consumer, messages.data(), sizeof(Message), 4);
            check(done <= 2, "never more taken than slots");
            check(done == 0 || !refused, "a refused ring gives nothing");
            world.taken += done;
            check(world.taken - world.released <= 2, "never more held than slots");
            if (round % 2 == 0)
                continue;
            world.released = world.taken;
            pv_consumer_release_quietly(&world.consumer);
            if (pv_consumer_arm(&world.consumer, 1))
                check(pv_consumer_refused(&consumer) == PV_RULE_KEPT,
                      "nobody sleeps on a refused ring");
        }
        const pv_rule rule = pv_consumer_refused(&consumer);
        const pv_violations &seen = world.consumer_violations;
        mark(rule != PV_RULE_KEPT ? was_refused : was_accepted);
        check(rule == PV_RULE_KEPT || rule == PV_RULE_PRODUCER_PAST ||
                  rule == PV_RULE_PRODUCER_BACK,
              "a bad producer index is refused by name");
        check(seen.count[PV_RULE_PRODUCER_PAST] + seen.count[PV_RULE_PRODUCER_BACK] ==
                  (rule == PV_RULE_KEPT ? 0 : 1),
              "a refusal is counted once");
    });
    also_at_end([] {
        const bool honest = lies.told[0] - wrap_start <= 2 && lies.told[1] - wrap_start <= 2 &&
                            lies.told[1] - wrap_start >= lies.told[0] - wrap_start;
        const bool refused = pv_consumer_refused(&world.consumer) != PV_RULE_KEPT;
        check(!honest || !refused, "an index that keeps the rules is not refused");
        check(world.taken <= 4, "no lie yields more messages than two rings full");
        // Nobody else runs any more: a look sees what the liar said last.
        pv_consumer_available(&world.consumer);
        check(pv_consumer_refused(&world.consumer) != PV_RULE_KEPT ||
                  lies.told[1] - wrap_start - world.released <= 2,
              "an index out of range is refused once it is seen");
    });
}

void lying_consumer_index(Program &program)
{
    ring_with_liar(program, 2);
    program.thread("liar", [] {
        tell(ring.consumer_index(), wrap_start + any_offset(2));
        tell(ring.consumer_index(), wrap_start + any_offset(2));
    });
    program.thread("producer", [] {
        for (unsigned round = 0; round < 5; round++) {
            const Message message = message_of(round);
            const bool refused = pv_producer_refused(&world.producer) != PV_RULE_KEPT;
            const std::uint32_t done =
                pv_producer_put(&world.producer, &message, sizeof message, 1);
            check(done == 0 || !refused, "a refused ring takes nothing");
            world.put += done;
            pv_producer_publish_quietly(&world.producer);
        }
        const pv_rule rule = pv_producer_refused(&world.producer);
        mark(rule != PV_RULE_KEPT ? was_refused : was_accepted);
        check(rule == PV_RULE_KEPT || rule == PV_RULE_CONSUMER_PAST ||
                  rule == PV_RULE_CONSUMER_BACK,
              "a bad consumer index is refused by name");
    });
    also_at_end([] {
        std::uint32_t granted = 0; // the furthest index told that can have been in range
        for (const std::uint32_t told : lies.told) {
            const std::uint32_t offset = told - wrap_start;
            if (offset <= world.put && offset > granted)
                granted = offset;
        }
        check(world.put <= 2 + granted, "no slot is filled that was not given back");
    });
}

void lying_states(Program &program)
{
    ring_with_liar(program, 4);
    program.thread("liar", [] {
        tell(ring.producer_index(), wrap_start + 1);
        const std::uint32_t lie = choose(4);
        lies.count = lie;
        store(ring.producer_state(), lie == 3 ? 2 : PV_RING_CLOSED, Order::release);
        if (lie == 1)
            store(ring.producer_index(), wrap_start + 2, Order::release);
        if (lie == 2)
            store(ring.producer_state(), PV_RING_OPEN, Order::release);
    });
    program.thread("consumer", [] {
        bool ended = false;
        for (unsigned round = 0; round < 4; round++) {
            Message message{};
            const std::uint32_t done =
                pv_consumer_take(&world.consumer, &message, sizeof message, 1);
            check(done == 0 || !ended, "nothing comes after the end");
            world.taken += done;
            ended = pv_consumer_ended(&world.consumer) || ended;
        }
        mark(ended ? saw_close : 0U);
    });
    also_at_end([] {
        static constexpr pv_rule rules[] = {PV_RULE_KEPT, PV_RULE_MOVED_CLOSED, PV_RULE_REOPENED,
                                            PV_RULE_STATE};
        const pv_rule rule = pv_consumer_refused(&world.consumer);
        mark(rule != PV_RULE_KEPT ? 1U << (16 + lies.count) : was_accepted);
        check(rule == PV_RULE_KEPT || rule == rules[lies.count],
              "a lie about the state is refused by its own rule");
        check(world.taken <= 2, "a lie about the state yields no message");
    });
}

// The consumer's own words are written over by its peer, in any order with its own stores.
void own_words_overwritten(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] {
        std::uint32_t done = 0;
        put_messages(1, done);
        pv_producer_publish_quietly(&world.producer);
        store(ring.consumer_index(), choose(2) == 0 ? wrap_start + 3 : wrap_start - 5,
              Order::relaxed);
        store(ring.consumer_event(), wrap_start - 5, Order::relaxed);
        store(ring.consumer_state(), PV_RING_CLOSED, Order::relaxed);
        // From here on it believes nothing that it reads: it fills the ring blindly.
        const Message messages[] = {message_of(1), message_of(2)};
        pv_producer_put(&world.producer, messages, sizeof(Message), 2);
        pv_producer_publish_quietly(&world.producer);
    });
    program.thread("consumer", [] {
        while (world.taken < 3) {
            std::uint32_t done = 0;
            take_messages(2, done);
            if (honest_producer_refused())
                return;
            if (done == 0 && !pv_consumer_arm(&world.consumer, 1))
                continue;
            if (done == 0)
                spin();
            else
                check(!pv_consumer_release(&world.consumer), "nobody waits for room");
        }
        check(!pv_consumer_ended(&world.consumer), "our own state is not the peer's");
    });
}

// Events ask for notifications, and that is all they can do.
void lying_events(Program &program)
{
    ring_with_liar(program, 4);
    counting = true;
    program.thread("liar", [] {
        tell(ring.consumer_event(), wrap_start + any_offset(4));
        tell(ring.consumer_event(), wrap_start + any_offset(4));
    });
    program.thread("producer", [] {
        produce({4, 1, 0});
        check(world.notifications[0] <= 4, "at most one notification for each publish");
    });
    program.thread("consumer", [] { consume({4, 4, 0, 0}); });
}

// A successor attaches while the peer's index says anything at all.
void attach_to_liar(Program &program)
{
    ring_with_liar(program, 2);
    program.thread("liar", [] { tell(ring.producer_index(), wrap_start + any_offset(2)); });
    program.thread("consumer", [] {
        const pv_rule rule =
            pv_consumer_attach(&world.consumer, ring.memory(), ring.bytes(), ring.geometry,
                               wrap_start + 1, &world.consumer_violations);
        std::array<Message, 4> messages{};
        const std::uint32_t done =
            pv_consumer_take(&world.consumer, messages.data(), sizeof(Message), 4);
        mark(rule == PV_RULE_KEPT ? was_accepted : was_refused);
        check(rule == PV_RULE_KEPT || done == 0, "a ring refused at attach gives nothing");
        check(done <= 2, "never more taken than slots");
        check(rule == PV_RULE_KEPT || rule == PV_RULE_PRODUCER_PAST ||
                  rule == PV_RULE_PRODUCER_BACK,
              "an impossible index at attach is refused by name");
    });
}
} // namespace

const std::vector<Scenario> &hostile_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"lying-producer-index",
         "dropped index check, check against the wrong limit, index read twice, ring forgiven",
         {"bad-producer-index-refused", "no-slot-out-of-range", "refused-for-ever"},
         lying_producer_index,
         was_refused | was_accepted},
        {"lying-consumer-index",
         "dropped index check, limit of slots in place of what is published",
         {"bad-consumer-index-refused", "no-slot-filled-that-was-not-given-back"},
         lying_consumer_index,
         was_refused | was_accepted},
        {"lying-states",
         "dropped state check, reopening tolerated, index not final after close",
         {"state-lies-refused-by-name", "nothing-after-the-end"},
         lying_states,
         saw_close | was_accepted | 7U << 17},
        {"own-words-overwritten",
         "own index, event or state read back from shared memory",
         {"own-words-never-read-back"},
         own_words_overwritten,
         0},
        {"lying-events",
         "an event used for anything but the notify test",
         {"event-lies-harmless"},
         lying_events,
         suppressed | notified | index_wrapped},
        {"attach-to-liar",
         "attach that does not check the peer's index",
         {"attach-checks-the-peer"},
         attach_to_liar,
         was_refused | was_accepted},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
