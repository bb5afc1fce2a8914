// SPDX-License-Identifier: Apache-2.0
//
// Ends: nothing published before a close is lost, and nobody sleeps through one.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
void close_producer()
{
    pv_producer_close(&world.producer);
    notify(to_consumer);
}

void close_consumer()
{
    pv_consumer_close(&world.consumer);
    notify(to_producer);
}

// Takes until the ring says that it has ended; then all that was put must be there.
void drain_to_the_end(std::uint32_t wanted, bool producer_sleeps)
{
    for (;;) {
        settle_consumer(2 + wanted);
        std::uint32_t done = 0;
        take_messages(2, done);
        if (honest_producer_refused())
            return;
        if (done != 0) {
            if (producer_sleeps) {
                release_and_notify();
            } else {
                world.released = world.taken;
                pv_consumer_release_quietly(&world.consumer);
            }
            continue;
        }
        if (pv_consumer_ended(&world.consumer))
            break;
        sleep_for_messages(wanted);
    }
    mark(saw_close);
    check(world.taken == world.put, "the end comes after the last message");
    std::uint32_t more = 0;
    take_messages(2, more);
    check(more == 0 && pv_consumer_ended(&world.consumer), "an end is final");
}

// Puts what it can until the consumer has closed.
void fill_until_closed(std::uint32_t most)
{
    while (world.put < most) {
        settle_producer(2);
        std::uint32_t done = 0;
        if (!put_messages(1, done))
            return;
        if (done != 0) {
            publish_and_notify();
            continue;
        }
        if (pv_producer_peer_closed(&world.producer)) {
            mark(saw_close);
            return;
        }
        sleep_for_room(1);
    }
}

void close_after_some(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] {
        produce({choose(4), 2, 0});
        close_producer();
    });
    program.thread("consumer", [] { drain_to_the_end(1, false); });
}

void close_short_of_armed(Program &program)
{
    single_ring(program, 4, 0xffffffffU);
    program.thread("producer", [] {
        produce({3, 1, 0});
        close_producer();
    });
    program.thread("consumer", [] { drain_to_the_end(2, false); });
}

// No publish looks at the event, so no fence stands between the last index and the state.
void close_after_quiet(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] {
        produce({3, 2, 0}, false);
        close_producer();
    });
    program.thread("consumer", [] { drain_to_the_end(1, false); });
}

void close_full_ring(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] {
        produce({3, 1, 1});
        close_producer();
    });
    program.thread("consumer", [] { drain_to_the_end(1, true); });
}

void consumer_closes(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] {
        fill_until_closed(8);
        check(world.put <= 2 + world.released, "a closed consumer gives no more room");
    });
    program.thread("consumer", [] {
        consume({choose(3), 1, 1});
        close_consumer();
    });
}

// Both ends at once, then each waits for the other's.
void both_close(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] {
        produce({2, 1, 0});
        close_producer();
        while (!pv_producer_peer_closed(&world.producer)) {
            settle_producer(3);
            if (honest_consumer_refused())
                return;
            if (pv_producer_arm(&world.producer, 2))
                wait(to_producer);
            else if (!world.producer.side.peer_closed)
                spin(); // all room is free, and the close still to come
        }
        mark(saw_close);
    });
    program.thread("consumer", [] {
        consume({1, 1, 1});
        close_consumer();
        drain_to_the_end(1, false);
    });
}
} // namespace

const std::vector<Scenario> &close_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"close-after-some",
         "state stored before the last index, index not read again after the state, end reported "
         "with messages left, no fence between the state and its notification",
         {"close-loses-nothing", "end-is-final", "close-wakes-sleeping-consumer"},
         close_after_some,
         consumer_slept | saw_close | index_wrapped},
        {"close-short-of-armed",
         "close without a notification, arm that ignores the state",
         {"close-wakes-consumer-armed-for-more"},
         close_short_of_armed,
         consumer_slept | stale_arm | saw_close},
        {"close-after-quiet",
         "state stored relaxed",
         {"close-after-quiet-publish-loses-nothing"},
         close_after_quiet,
         consumer_slept | saw_close | index_wrapped},
        {"close-full-ring",
         "as close-after-some, with a producer that waits for room",
         {"close-after-sleep-for-room-loses-nothing"},
         close_full_ring,
         consumer_slept | producer_slept | saw_close},
        {"consumer-closes",
         "producer's arm that ignores the state, state read before the event",
         {"close-wakes-sleeping-producer", "closed-consumer-gives-no-room"},
         consumer_closes,
         producer_slept | saw_close | ring_full},
        {"both-close",
         "a side that stops watching once it has closed",
         {"both-sides-may-close"},
         both_close,
         saw_close | index_wrapped},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
