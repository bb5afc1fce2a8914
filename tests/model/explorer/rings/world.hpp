// SPDX-License-Identifier: Apache-2.0
//
// What the ring scenarios share: the memory of a ring declared to the explorer, honest producers and
// consumers, and the ghosts that watch them. A scenario runs the real headers, as they are.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "explorer/explorer.hpp"

#include <paravane/backend_queue.h>
#include <paravane/consumer.h>
#include <paravane/frontend_queue.h>
#include <paravane/producer.h>
#include <paravane/stream.h>

namespace paravane::explorer::rings {

// Things that an execution may do. Each scenario names those that it must have done in some
// execution, or what it proves would be about nothing.
enum Mark : std::uint32_t {
    consumer_slept = 1U << 0,
    producer_slept = 1U << 1,
    index_wrapped = 1U << 2,
    notified = 1U << 3,
    suppressed = 1U << 4,
    ring_full = 1U << 5,
    stale_arm = 1U << 6, // an arm that found work after all
    saw_close = 1U << 7,
    was_refused = 1U << 8,
    was_accepted = 1U << 9,
    died_early = 1U << 10,
    died_late = 1U << 11,
    out_of_order = 1U << 12,
};

void mark(std::uint32_t marks);
// What complete executions have marked since the last call.
std::uint32_t collect_marks();

struct Scenario {
    const char *name;
    const char *catches; // wrong variants of the headers that make it fail
    std::vector<const char *> properties;
    void (*build)(Program &program);
    std::uint32_t must_reach;
    bool rewriting = false; // see Options
    bool prophecy = true;
};

const std::vector<Scenario> &transfer_scenarios();
const std::vector<Scenario> &sleep_scenarios();
const std::vector<Scenario> &close_scenarios();
const std::vector<Scenario> &reconnect_scenarios();
const std::vector<Scenario> &queue_scenarios();
const std::vector<Scenario> &stream_scenarios();
const std::vector<Scenario> &hostile_scenarios();

// --- one ring ---

struct Message {
    std::uint64_t number;
    std::uint64_t complement;
};

constexpr std::uint32_t wrap_start = 0xfffffffeU; // the third message has index 0
constexpr Address first_ring = arena_base;
constexpr Address second_ring = arena_base + 0x800;

struct Place {
    Address base;
    pv_ring_geometry geometry;

    pv_shared memory() const { return {base}; }
    std::uint64_t bytes() const { return pv_ring_bytes(geometry); }
    Address producer_index() const { return base; }
    Address producer_state() const { return base + 0x004; }
    Address producer_event() const { return base + 0x080; }
    Address consumer_index() const { return base + 0x100; }
    Address consumer_state() const { return base + 0x104; }
    Address consumer_event() const { return base + 0x180; }
};

// Words, reserved bytes and slots of a ring; `prefix` goes before their names in traces.
void declare_ring(Program &program, const Place &place, const char *prefix = "");
// An empty ring at index `start`, as if it had been used for long: nobody is armed.
void format_ring(const Place &place, std::uint32_t start);

// Everything of the execution under way that is not shared memory. Each member is written by one
// thread; the ghosts are counters that checks of another thread may look at.
struct World {
    pv_producer producer{};
    pv_consumer consumer{};
    pv_violations producer_violations{};
    pv_violations consumer_violations{};
    std::uint32_t put = 0;      // ghost: messages in slots
    std::uint32_t taken = 0;    // ghost: messages received
    std::uint32_t released = 0; // ghost: slots given back
    // Counted only where a scenario says so: they tell states apart.
    std::uint32_t notifications[2] = {0, 0}; // sent by the producer, by the consumer
    std::uint32_t arms[2] = {0, 0};          // of the producer, of the consumer
};
extern World world;
extern Place ring;
extern bool counting;
inline constexpr Port to_consumer{0};
inline constexpr Port to_producer{1};

// Two ports, and nothing else: what starts each execution is left to also_at_start().
void bare_program(Program &program);
// One ring of `slots` 16-byte slots and two ports; both sides attach before the threads start.
void single_ring(Program &program, std::uint32_t slots, std::uint32_t start = wrap_start);
// Adds to what runs once before all executions, before each one, and after each. At most four each.
void also_at_start(void (*run)());
void also_before_each(void (*run)());
void also_at_end(void (*run)());
void attach_producer(std::uint32_t index);
void attach_consumer(std::uint32_t index);

// How a side behaves. Zeros in `wanted` mean that it polls and is never notified. Without padding,
// since settle() is told of it byte by byte.
struct ProducerPlan {
    std::uint32_t total = 0;
    std::uint32_t batch = 1;  // 0: chosen anew each time, 1 to 3
    std::uint32_t wanted = 1; // room to arm for
};
struct ConsumerPlan {
    std::uint32_t total = 0;
    std::uint32_t most = 2;        // a take
    std::uint32_t wanted = 1;      // messages to arm for
    std::uint32_t peer_sleeps = 1; // or release without looking at the event
};
void produce(const ProducerPlan &plan, bool peer_sleeps = true);
void consume(const ConsumerPlan &plan);

// Tell the explorer what a loop over the honest pieces depends on: all of one side, and `where`.
void settle_producer(std::uint32_t where, Bytes more = {nullptr, 0});
void settle_consumer(std::uint32_t where, Bytes more = {nullptr, 0});

// Pieces of the two.
bool put_messages(std::uint32_t count, std::uint32_t &done); // false: the ring was refused
bool publish_and_notify();
void take_messages(std::uint32_t most, std::uint32_t &done);
void release_and_notify();
void sleep_for_messages(std::uint32_t wanted);
void sleep_for_room(std::uint32_t wanted);
void expect_message(const Message &message, std::uint32_t number);
Message message_of(std::uint32_t number);
bool honest_producer_refused();
bool honest_consumer_refused();

} // namespace paravane::explorer::rings
