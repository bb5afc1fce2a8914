// SPDX-License-Identifier: Apache-2.0
//
// A side dies between any two of its steps, and its successor attaches where the log ends. The log
// (private memory that outlives the process) is written after a message was taken and before its slot
// is released, and before a message is put.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
struct Life {
    std::uint32_t logged; // messages in the log
    std::uint32_t died;   // 0 or 1
};
Life consumer_life;
Life producer_life;

void forget_lives()
{
    consumer_life = {0, 0};
    producer_life = {0, 0};
}

// Does the process end here? Each dies once at most.
bool dies(Life &life, std::uint32_t marks)
{
    if (life.died != 0 || choose(2) == 0)
        return false;
    note("dies");
    mark(marks);
    life.died = 1;
    return true;
}

// One life of a consumer: until `total` messages are logged (or the ring ends), or death.
bool live_as_consumer(std::uint32_t total, bool to_the_end)
{
    Life &life = consumer_life;
    while (life.logged < total || to_the_end) {
        settle_consumer(2, bytes_of(life));
        std::uint32_t done = 0;
        take_messages(2, done);
        if (honest_producer_refused() || dies(life, died_early))
            return false;
        if (done != 0) {
            life.logged += done;
            if (dies(life, died_early))
                return false;
            world.released = world.taken;
            const bool asked = pv_consumer_release(&world.consumer);
            if (dies(life, died_late))
                return false;
            if (asked)
                notify(to_producer);
            continue;
        }
        if (to_the_end && pv_consumer_ended(&world.consumer)) {
            mark(saw_close);
            break;
        }
        if (pv_consumer_arm(&world.consumer, 1)) {
            if (dies(life, died_late))
                return false;
            mark(consumer_slept);
            wait(to_consumer);
            if (dies(life, died_late))
                return false;
        }
    }
    return true;
}

void consumer_with_successor(std::uint32_t total, bool to_the_end)
{
    if (!live_as_consumer(total, to_the_end) && consumer_life.died != 0) {
        world.taken = world.released = consumer_life.logged;
        attach_consumer(wrap_start + consumer_life.logged);
        notify(to_producer);
        live_as_consumer(total, to_the_end);
    }
    check(consumer_life.logged == world.put || !to_the_end, "the log ends with the last message");
}

bool live_as_producer(std::uint32_t total)
{
    Life &life = producer_life;
    while (life.logged < total) {
        settle_producer(2, bytes_of(life));
        if (pv_producer_room(&world.producer) == 0) {
            if (honest_consumer_refused())
                return false;
            mark(ring_full);
            if (pv_producer_arm(&world.producer, 1)) {
                if (dies(life, died_late))
                    return false;
                mark(producer_slept);
                wait(to_producer);
                if (dies(life, died_late))
                    return false;
            }
            continue;
        }
        life.logged++;
        if (dies(life, died_early))
            return false;
        std::uint32_t done = 0;
        if (!put_messages(1, done))
            return false;
        check(done == 1, "room that was seen stays");
        if (dies(life, died_early))
            return false;
        const bool asked = pv_producer_publish(&world.producer);
        if (dies(life, died_late))
            return false;
        if (asked)
            notify(to_consumer);
    }
    return true;
}

void producer_with_successor(std::uint32_t total)
{
    if (live_as_producer(total) || producer_life.died == 0)
        return;
    world.put = producer_life.logged;
    if (producer_life.logged != 0) {
        const Message last = message_of(producer_life.logged - 1);
        pv_producer_restore(ring.memory(), ring.bytes(), ring.geometry,
                            wrap_start + producer_life.logged - 1, &last);
    }
    attach_producer(wrap_start + producer_life.logged);
    notify(to_consumer);
    live_as_producer(total);
}

void mortal_ring(Program &program)
{
    single_ring(program, 2);
    also_before_each(forget_lives);
}

void consumer_dies(Program &program)
{
    mortal_ring(program);
    program.thread("producer", [] { produce({3, 1, 1}); });
    program.thread("consumer", [] { consumer_with_successor(3, false); });
}

void consumer_dies_at_close(Program &program)
{
    mortal_ring(program);
    program.thread("producer", [] {
        produce({2, 2, 1});
        pv_producer_close(&world.producer);
        notify(to_consumer);
    });
    program.thread("consumer", [] { consumer_with_successor(2, true); });
}

void producer_dies(Program &program)
{
    mortal_ring(program);
    program.thread("producer", [] { producer_with_successor(3); });
    program.thread("consumer", [] { consume({3, 1, 1}); });
}

void both_die(Program &program)
{
    mortal_ring(program);
    program.thread("producer", [] { producer_with_successor(3); });
    program.thread("consumer", [] { consumer_with_successor(3, false); });
}
} // namespace

const std::vector<Scenario> &reconnect_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"consumer-dies",
         "attach that reads its own index back, that does not show it, that refuses a full ring; "
         "no notification after attach",
         {"reconnect-consumer-loses-nothing", "reconnect-consumer-nothing-twice",
          "reconnect-consumer-no-lost-wakeup"},
         consumer_dies,
         died_early | died_late | consumer_slept | producer_slept | index_wrapped,
         false,
         false},
        {"consumer-dies-at-close",
         "attach that clears the peer's state, that forgets the close",
         {"reconnect-drains-closed-ring"},
         consumer_dies_at_close,
         died_early | died_late | saw_close},
        {"producer-dies",
         "attach that does not show the logged index, or shows it before the slot is restored",
         {"reconnect-producer-loses-nothing", "reconnect-producer-nothing-twice",
          "reconnect-producer-no-lost-wakeup"},
         producer_dies,
         died_early | died_late | consumer_slept | producer_slept,
         true,
         false},
        {"both-die",
         "either of the two above",
         {"reconnect-both-sides"},
         both_die,
         died_early | died_late | consumer_slept | producer_slept,
         true,
         false},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
