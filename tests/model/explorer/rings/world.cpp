// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>
#include <string>

namespace paravane::explorer::rings {

World world;
Place ring;
bool counting = false;

namespace {
std::uint32_t marked_now = 0;
std::uint32_t marked_ever = 0;
std::uint32_t start_index = 0;
World first_world; // as on_start left it
std::array<void (*)(), 4> start_hooks{};
std::array<void (*)(), 4> each_hooks{};
std::array<void (*)(), 4> end_hooks{};

void add_hook(std::array<void (*)(), 4> &hooks, void (*run)())
{
    for (auto &hook : hooks) {
        if (hook == nullptr) {
            hook = run;
            return;
        }
    }
}

void run_hooks(const std::array<void (*)(), 4> &hooks)
{
    for (const auto hook : hooks) {
        if (hook != nullptr)
            hook();
    }
}
} // namespace

// At once where it is sure, since a state seen before ends an execution early; at its end otherwise.
void mark(std::uint32_t marks)
{
    marked_now |= marks;
    if (certain())
        marked_ever |= marked_now;
}

std::uint32_t collect_marks()
{
    const std::uint32_t marks = marked_ever;
    marked_ever = 0;
    return marks;
}

void also_at_start(void (*run)())
{
    add_hook(start_hooks, run);
}

void also_before_each(void (*run)())
{
    add_hook(each_hooks, run);
}

void also_at_end(void (*run)())
{
    add_hook(end_hooks, run);
}

void declare_ring(Program &program, const Place &place, const char *prefix)
{
    const std::string name = prefix;
    program.word_at(place.producer_index(), name + "producer_index");
    program.word_at(place.producer_state(), name + "producer_state");
    program.word_at(place.producer_event(), name + "producer_event");
    program.word_at(place.consumer_index(), name + "consumer_index");
    program.word_at(place.consumer_state(), name + "consumer_state");
    program.word_at(place.consumer_event(), name + "consumer_event");
    program.zeros_at(place.base + 0x008, 0x078, name + "reserved bytes");
    program.zeros_at(place.base + 0x084, 0x07c, name + "reserved bytes");
    program.zeros_at(place.base + 0x108, 0x078, name + "reserved bytes");
    program.zeros_at(place.base + 0x184, 0x07c, name + "reserved bytes");
    program.plain_at(place.base + sizeof(pv_ring_control),
                     place.geometry.slots * place.geometry.slot_size, name + "slots",
                     place.geometry.slot_size == 1 ? 1 : 8);
}

void format_ring(const Place &place, std::uint32_t start)
{
    pv_ring_format(place.memory(), place.bytes());
    for (const Address word : {place.producer_index(), place.consumer_index(),
                               place.producer_event(), place.consumer_event()})
        store(word, start, Order::relaxed);
}

void attach_producer(std::uint32_t index)
{
    check(pv_producer_attach(&world.producer, ring.memory(), ring.bytes(), ring.geometry, index,
                             &world.producer_violations) == PV_RULE_KEPT,
          "the producer attaches");
}

void attach_consumer(std::uint32_t index)
{
    check(pv_consumer_attach(&world.consumer, ring.memory(), ring.bytes(), ring.geometry, index,
                             &world.consumer_violations) == PV_RULE_KEPT,
          "the consumer attaches");
}

void bare_program(Program &program)
{
    start_hooks.fill(nullptr);
    each_hooks.fill(nullptr);
    end_hooks.fill(nullptr);
    counting = false;
    program.port("consumer's port");
    program.port("producer's port");
    program.on_start([] {
        world = World{};
        run_hooks(start_hooks);
        first_world = world;
    });
    program.on_each([] {
        marked_now = 0;
        world = first_world;
        run_hooks(each_hooks);
    });
    program.on_end([] {
        run_hooks(end_hooks);
        marked_ever |= marked_now;
    });
}

void single_ring(Program &program, std::uint32_t slots, std::uint32_t start)
{
    ring = {first_ring, {slots, sizeof(Message)}};
    start_index = start;
    bare_program(program);
    declare_ring(program, ring);
    also_at_start([] {
        format_ring(ring, start_index);
        attach_producer(start_index);
        attach_consumer(start_index);
    });
}

Message message_of(std::uint32_t number)
{
    const std::uint64_t content = 0xabcd00000000U + number;
    return {content, ~content};
}

void expect_message(const Message &message, std::uint32_t number)
{
    const Message expected = message_of(number);
    check(message.number == expected.number, "messages arrive once each and in order");
    check(message.complement == expected.complement, "messages arrive untorn");
}

bool honest_producer_refused()
{
    const bool refused = pv_consumer_refused(&world.consumer) != PV_RULE_KEPT;
    check(!refused, "an honest producer is not refused");
    return refused;
}

bool honest_consumer_refused()
{
    const bool refused = pv_producer_refused(&world.producer) != PV_RULE_KEPT;
    check(!refused, "an honest consumer is not refused");
    return refused;
}

bool put_messages(std::uint32_t count, std::uint32_t &done)
{
    std::array<Message, 4> messages{};
    for (std::uint32_t at = 0; at < count; at++)
        messages[at] = message_of(world.put + at);
    done = pv_producer_put(&world.producer, messages.data(), sizeof(Message), count);
    check(done <= count, "no more is put than was given");
    if (done != count)
        mark(ring_full);
    world.put += done;
    if (world.producer.side.next < done)
        mark(index_wrapped);
    // Slots that the consumer has not begun to give back are in use, whatever was seen of it.
    check(world.put - world.released <= ring.geometry.slots, "never more in the ring than slots");
    return !honest_consumer_refused();
}

bool publish_and_notify()
{
    if (!pv_producer_publish(&world.producer)) {
        mark(suppressed);
        return false;
    }
    mark(notified);
    world.notifications[0] += counting ? 1U : 0U;
    notify(to_consumer);
    return true;
}

void take_messages(std::uint32_t most, std::uint32_t &done)
{
    std::array<Message, 4> messages{};
    done = pv_consumer_take(&world.consumer, messages.data(), sizeof(Message), most);
    check(done <= most, "no more is taken than was asked for");
    for (std::uint32_t at = 0; at < done && at < messages.size(); at++)
        expect_message(messages[at], world.taken + at);
    world.taken += done;
    check(world.taken - world.released <= ring.geometry.slots, "never more taken than slots");
}

void release_and_notify()
{
    world.released = world.taken;
    if (!pv_consumer_release(&world.consumer))
        return;
    world.notifications[1] += counting ? 1U : 0U;
    notify(to_producer);
}

void sleep_for_messages(std::uint32_t wanted)
{
    world.arms[1] += counting ? 1U : 0U;
    if (pv_consumer_arm(&world.consumer, wanted)) {
        mark(consumer_slept);
        wait(to_consumer);
        return;
    }
    mark(stale_arm);
    const bool cause = pv_side_known(&world.consumer.side, PV_CONSUMER) >= wanted ||
                       world.consumer.side.peer_closed || honest_producer_refused();
    check(cause, "arming declines only where there is something to do");
}

void sleep_for_room(std::uint32_t wanted)
{
    world.arms[0] += counting ? 1U : 0U;
    if (pv_producer_arm(&world.producer, wanted)) {
        mark(producer_slept);
        wait(to_producer);
        return;
    }
    mark(stale_arm);
    const bool cause = pv_side_known(&world.producer.side, PV_PRODUCER) >= wanted ||
                       world.producer.side.peer_closed || honest_consumer_refused();
    check(cause, "arming declines only where there is something to do");
}

void settle_producer(std::uint32_t where, Bytes more)
{
    settle({bytes_of(where), more, bytes_of(world.producer), bytes_of(world.put),
            bytes_of(world.notifications[0]), bytes_of(world.arms[0])});
}

void settle_consumer(std::uint32_t where, Bytes more)
{
    settle({bytes_of(where), more, bytes_of(world.consumer), bytes_of(world.taken),
            bytes_of(world.released), bytes_of(world.notifications[1]), bytes_of(world.arms[1])});
}

void produce(const ProducerPlan &plan, bool peer_sleeps)
{
    while (world.put < plan.total) {
        settle_producer(1, bytes_of(plan));
        const std::uint32_t left = plan.total - world.put;
        std::uint32_t count = plan.batch != 0 ? plan.batch : 1 + choose(left < 3 ? left : 3);
        if (count > left)
            count = left;
        std::uint32_t done = 0;
        if (!put_messages(count, done))
            return;
        if (done == 0) {
            if (plan.wanted == 0)
                spin();
            else
                sleep_for_room(std::min(plan.wanted, plan.total - world.put));
            continue;
        }
        if (peer_sleeps)
            publish_and_notify();
        else
            pv_producer_publish_quietly(&world.producer);
    }
}

void consume(const ConsumerPlan &plan)
{
    while (world.taken < plan.total) {
        settle_consumer(1, bytes_of(plan));
        std::uint32_t done = 0;
        take_messages(plan.most, done);
        if (honest_producer_refused())
            return;
        if (done == 0) {
            if (plan.wanted == 0)
                spin();
            else
                sleep_for_messages(std::min(plan.wanted, plan.total - world.taken));
            continue;
        }
        if (plan.peer_sleeps != 0) {
            release_and_notify();
        } else {
            world.released = world.taken;
            pv_consumer_release_quietly(&world.consumer);
        }
    }
}

} // namespace paravane::explorer::rings
