// SPDX-License-Identifier: Apache-2.0
//
// Messages cross a ring between two sides that poll: nothing but indices and payload.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
void poll_two_slots(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({5, 1, 0}, false); });
    program.thread("consumer", [] { consume({5, 2, 0, 0}); });
}

void poll_four_slots(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] { produce({7, 2, 0}, false); });
    program.thread("consumer", [] { consume({7, 3, 0, 0}); });
}

void poll_batches(Program &program)
{
    single_ring(program, 4, 0xffffffffU);
    program.thread("producer", [] { produce({6, 0, 0}, false); });
    program.thread("consumer", [] { consume({6, 4, 0, 0}); });
}

// The consumer gives slots back in twos while it takes them singly: what was taken is not yet free.
void hold_slots(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({6, 2, 0}, false); });
    program.thread("consumer", [] {
        while (world.taken < 6) {
            settle_consumer(2);
            std::uint32_t done = 0;
            take_messages(1, done);
            if (honest_producer_refused())
                return;
            if (done == 0) {
                spin();
            } else if (world.taken % 2 == 0) {
                world.released = world.taken;
                pv_consumer_release_quietly(&world.consumer);
            }
        }
    });
}

// A batch is shown whole by one index: who sees any of it sees all.
void whole_batches(Program &program)
{
    single_ring(program, 4, 0xffffffffU);
    program.thread("producer", [] {
        for (std::uint32_t batch = 0; batch < 3; batch++) {
            std::uint32_t done = 0;
            while (pv_producer_room(&world.producer) < 2)
                spin();
            settle_producer(2);
            if (!put_messages(2, done))
                return;
            check(done == 2, "room that was seen stays");
            publish_and_notify();
        }
    });
    program.thread("consumer", [] {
        while (world.taken < 6) {
            settle_consumer(2);
            const std::uint32_t there = pv_consumer_available(&world.consumer);
            check(there % 2 == 0, "a batch is seen whole or not at all");
            if (there == 0) {
                spin();
                continue;
            }
            std::uint32_t done = 0;
            take_messages(there, done);
            check(done == there, "what was available is taken");
            if (honest_producer_refused() || done == 0)
                return;
            release_and_notify();
        }
    });
}
} // namespace

const std::vector<Scenario> &transfer_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"poll-2-slots",
         "relaxed publish, relaxed index load, relaxed release, index shown before the payload, "
         "one slot too much room, mask of the wrong size",
         {"every-message-once-in-order", "payload-free-of-races", "indices-wrap-at-2-to-the-32"},
         poll_two_slots,
         index_wrapped | ring_full},
        {"poll-4-slots",
         "as poll-2-slots, with partial batches",
         {"messages-untorn", "partial-put-and-take-exact"},
         poll_four_slots,
         index_wrapped | ring_full},
        {"poll-batches",
         "as poll-2-slots, with batches of every size",
         {"batches-of-any-size-in-order"},
         poll_batches,
         index_wrapped | ring_full},
        {"hold-slots",
         "take that gives the slot back at once, room counted from what was taken",
         {"slots-stay-until-released", "never-more-in-the-ring-than-slots"},
         hold_slots,
         index_wrapped | ring_full},
        {"whole-batches",
         "publish in a loop, one index store a message",
         {"batch-shown-whole", "room-seen-stays"},
         whole_batches,
         index_wrapped},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
