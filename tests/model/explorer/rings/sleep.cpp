// SPDX-License-Identifier: Apache-2.0
//
// Notification: who sleeps is woken, who does not sleep is left alone.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
// A wake-up is paid for by an arming: two publishes can't both pass the same event.
void count_notifications()
{
    check(world.notifications[0] <= world.arms[1],
          "at most one notification for each arming of the consumer");
}

void consumer_sleeps(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] { produce({4, 1, 0}); });
    program.thread("consumer", [] { consume({4, 2, 1, 0}); });
}

void producer_sleeps(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({5, 1, 1}, false); });
    program.thread("consumer", [] { consume({5, 1, 0}); });
}

void both_sleep(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({5, 1, 1}); });
    program.thread("consumer", [] { consume({5, 1, 1}); });
}

void both_sleep_ahead(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({3, 1, 1}); });
    program.thread("consumer", [] { consume({3, 1, 1}); });
}

void both_sleep_batches(Program &program)
{
    single_ring(program, 2, 0xffffffffU);
    program.thread("producer", [] { produce({4, 2, 1}); });
    program.thread("consumer", [] { consume({4, 2, 1}); });
}

void consumer_sleeps_batches(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] { produce({5, 0, 0}); });
    program.thread("consumer", [] { consume({5, 3, 1, 0}); });
}

void armed_for_two(Program &program)
{
    single_ring(program, 4, 0xfffffffdU);
    program.thread("producer", [] { produce({6, 1, 0}); });
    program.thread("consumer", [] { consume({6, 2, 2, 0}); });
}

void armed_for_all(Program &program)
{
    single_ring(program, 2, 0xffffffffU);
    program.thread("producer", [] { produce({4, 1, 2}, false); });
    program.thread("consumer", [] { consume({4, 1, 0}); });
}

void both_armed_for_two(Program &program)
{
    single_ring(program, 2, 0xffffffffU);
    program.thread("producer", [] { produce({4, 2, 2}); });
    program.thread("consumer", [] { consume({4, 2, 2}); });
}

// Some messages are shown without a look at the event; the publish after them makes up for it.
void quiet_then_publish(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] {
        for (std::uint32_t sent = 0; sent < 3; sent++) {
            std::uint32_t done = 0;
            if (!put_messages(1, done))
                return;
            pv_producer_publish_quietly(&world.producer);
        }
        publish_and_notify();
    });
    program.thread("consumer", [] { consume({3, 2, 1, 0}); });
}

// What is owed for quiet publishes is paid once.
void quiet_once(Program &program)
{
    single_ring(program, 4);
    program.thread("producer", [] {
        std::uint32_t done = 0;
        if (!put_messages(1, done))
            return;
        pv_producer_publish_quietly(&world.producer);
        check(publish_and_notify(), "a publish makes up for the quiet one before it");
        if (!put_messages(1, done))
            return;
        check(!publish_and_notify(), "and the next one for nothing");
    });
    program.thread("consumer", [] { consume({2, 1, 0, 0}); });
}

// Both sides go to sleep before they show what they have done: arming must tell them.
void forgetful(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] {
        while (world.put < 4) {
            settle_producer(2);
            std::uint32_t done = 0;
            if (!put_messages(1, done))
                return;
            if (done == 0 && pv_producer_arm(&world.producer, 1)) {
                mark(producer_slept);
                wait(to_producer);
            } else if (done == 0) {
                publish_and_notify();
            }
        }
        publish_and_notify();
    });
    program.thread("consumer", [] {
        while (world.taken < 4) {
            settle_consumer(2);
            std::uint32_t done = 0;
            take_messages(1, done);
            if (honest_producer_refused())
                return;
            if (done == 0 && pv_consumer_arm(&world.consumer, 1)) {
                mark(consumer_slept);
                wait(to_consumer);
            } else if (done == 0) {
                release_and_notify();
            }
        }
    });
}

void spurious(Program &program)
{
    single_ring(program, 2);
    program.thread("producer", [] { produce({3, 1, 1}); });
    program.thread("consumer", [] { consume({3, 1, 1}); });
    program.thread("stranger", [] {
        notify(to_consumer);
        notify(to_producer);
    });
}

// The consumer polls and never arms: whatever it has or has not taken, nobody rings.
void never_armed(Program &program)
{
    single_ring(program, 4);
    counting = true;
    program.thread("producer", [] {
        produce({5, 0, 0});
        check(world.notifications[0] == 0, "no notification for a consumer that never armed");
    });
    program.thread("consumer", [] {
        consume({5, 2, 0});
        check(world.notifications[1] == 0, "no notification for a producer that never armed");
    });
}

void one_each(Program &program)
{
    consumer_sleeps(program);
    counting = true;
    also_at_end(count_notifications);
}

// The event lies ahead: publishes that stay short of it are silent, the one that reaches it rings,
// those past it are silent again.
void event_ahead(Program &program)
{
    single_ring(program, 4, 0xfffffffdU);
    also_at_start([] { store(ring.consumer_event(), 0xfffffffdU + 3, Order::relaxed); });
    program.thread("producer", [] {
        for (std::uint32_t sent = 1; sent <= 5; sent++) {
            std::uint32_t done = 0;
            while (pv_producer_room(&world.producer) == 0)
                spin();
            settle_producer(2);
            if (!put_messages(1, done))
                return;
            const bool asked = publish_and_notify();
            check(asked == (sent == 3), "only the publish that reaches the event notifies");
        }
    });
    program.thread("consumer", [] { consume({5, 2, 0, 0}); });
}
} // namespace

const std::vector<Scenario> &sleep_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"consumer-sleeps",
         "no fence in publish, no fence in arm, event read before the index store, no re-check "
         "after arming, event one too far, notify test with <= or with the new index as old",
         {"no-lost-wakeup-consumer", "arming-declines-only-with-cause"},
         consumer_sleeps,
         consumer_slept | stale_arm | notified | suppressed | index_wrapped},
        {"producer-sleeps",
         "the same in release and in the producer's arm; room not re-checked",
         {"no-lost-wakeup-producer"},
         producer_sleeps,
         producer_slept | ring_full | index_wrapped},
        {"both-sleep",
         "either of the two above; a wake-up that serves the other side's port",
         {"no-lost-wakeup-both", "no-deadlock-full-against-empty"},
         both_sleep,
         consumer_slept | producer_slept | index_wrapped,
         false,
         false},
        {"both-sleep-ahead",
         "as both-sleep, with stores read ahead of their time",
         {"no-lost-wakeup-both-with-load-buffering"},
         both_sleep_ahead,
         consumer_slept | producer_slept | index_wrapped},
        {"both-sleep-batches",
         "notify test against the last message of a batch only",
         {"no-lost-wakeup-batch-fills-ring"},
         both_sleep_batches,
         consumer_slept | producer_slept},
        {"consumer-sleeps-batches",
         "notify test against the last message of a batch only",
         {"no-lost-wakeup-batches-of-1-to-3"},
         consumer_sleeps_batches,
         consumer_slept | notified | index_wrapped,
         false,
         false},
        {"armed-for-two",
         "arm that ignores the count, off by one in the event",
         {"no-lost-wakeup-armed-for-two"},
         armed_for_two,
         consumer_slept | stale_arm},
        {"armed-for-all",
         "producer's event off by the ring's size",
         {"no-lost-wakeup-armed-for-all-room"},
         armed_for_all,
         producer_slept | ring_full},
        {"both-armed-for-two",
         "either of the two above",
         {"no-lost-wakeup-both-armed-for-two"},
         both_armed_for_two,
         consumer_slept | producer_slept},
        {"quiet-then-publish",
         "publish that forgets what was shown quietly",
         {"no-lost-wakeup-after-quiet-publish"},
         quiet_then_publish,
         consumer_slept | notified},
        {"quiet-once",
         "a quiet publish remembered for ever",
         {"quiet-publish-owes-one-notification"},
         quiet_once,
         notified | suppressed},
        {"forgetful",
         "arm that lets a side sleep on what it has not shown",
         {"no-sleep-on-unshown-work"},
         forgetful,
         consumer_slept | producer_slept},
        {"spurious-wakeups",
         "a wake-up taken as proof that there is something",
         {"spurious-wakeup-harmless"},
         spurious,
         consumer_slept | producer_slept,
         false,
         false},
        {"never-armed",
         "publish that always notifies, notify test the wrong way round",
         {"no-notification-unarmed"},
         never_armed,
         suppressed | index_wrapped},
        {"one-notification",
         "publish that always notifies, old index not advanced",
         {"one-notification-per-arming"},
         one_each,
         consumer_slept | notified | suppressed},
        {"event-ahead",
         "off by one in the notify test, either way; test without wrap",
         {"notification-exactly-at-the-event"},
         event_ahead,
         notified | suppressed},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
