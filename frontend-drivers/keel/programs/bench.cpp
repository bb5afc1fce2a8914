// SPDX-License-Identifier: Apache-2.0
//
// The guest's half of paravane-guest-bench: figures as lines for programs, one a round. With 0 rounds it
// runs a round whenever the host asks for one, by a port and a board in memory that both see.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/spinlock.hpp"

namespace keel::program {

namespace {

// Offsets in the board, of words of 32 bits on lines of their own.
constexpr uint32_t asked_at = 0x00;   // the host's: rounds that it asked for
constexpr uint32_t stop_at = 0x40;    // the host's: not 0 ends a round that waits for events
constexpr uint32_t done_at = 0x80;    // rounds that are over
constexpr uint32_t handled_at = 0xc0; // events
constexpr uint32_t blocks_at = 0x100; // how often the vCPU went to sleep

alignas(64) constinit std::array<std::byte, 0x140> board = {};

pv_shared on_board(uint32_t offset)
{
    return pv_shared_at(shared_at(guest_address_of(board.data())), offset);
}

void add_one(uint32_t offset)
{
    pv_shared_store_release(on_board(offset), pv_shared_load_relaxed(on_board(offset)) + 1);
}

struct Bench {
    std::string_view name;
    uint64_t count = 0;
    Port control;
    Port measured;
};

void tell(const Bench &bench, uint64_t nanoseconds)
{
    print("@pv figure {} ns {}", bench.name, nanoseconds);
}

// The time of one of so many.
template <typename Action> void tell_time_of(const Bench &bench, const Action &action)
{
    const uint64_t begin = clock::counter();
    for (uint64_t i = 0; i < bench.count; i++)
        action();
    const uint64_t end = clock::counter();
    tell(bench, (clock::nanoseconds_at(end) - clock::nanoseconds_at(begin)) / bench.count);
}

bool version(const Bench &bench)
{
    tell_time_of(bench, [] { (void)hypercall::version(0); });
    return true;
}

bool doorbell(const Bench &bench)
{
    pv_doorbell found = {};
    const int64_t result =
        hypercall::event(PV_EVENT_DOORBELL, bench.measured.value, guest_address_of(&found).value);

    if (result != 0 || pv_le32_get(found.space) != PV_DOORBELL_MEMORY ||
        pv_le32_get(found.width) != sizeof(uint32_t)) {
        print("bench: the host gives no doorbell that is a store of 32 bits: {}", result);
        return false;
    }
    const pv_shared at = shared_at({pv_le64_get(found.address)});
    const auto value = static_cast<uint32_t>(pv_le64_get(found.value));
    tell_time_of(bench, [=] { pv_shared_store_relaxed(at, value); });
    return true;
}

// By a call that raises a port of this vCPU, until its handler has run.
bool upcall(const Bench &bench)
{
    uint64_t handled = 0;
    const auto bound = events::bind_ipi(
        this_vcpu().id, {[](void *of) { ++*static_cast<uint64_t *>(of); }, &handled});

    if (!bound.good()) {
        print("bench: no port: error {}", bound.error);
        return false;
    }
    tell_time_of(bench, [&] {
        const uint64_t before = handled;
        (void)hypercall::send(bound.port);
        while (handled == before)
            (void)event_loop::turn();
    });
    return events::close(bound.port) == 0;
}

// One line for each of so many deadlines: how late the timer's function ran.
bool timer(const Bench &bench)
{
    constexpr uint64_t ahead = 500 * clock::microsecond;

    for (uint64_t i = 0; i < bench.count; i++) {
        uint64_t ran = 0;
        Timer due([](void *at) { *static_cast<uint64_t *>(at) = clock::now(); }, &ran);

        this_vcpu().timers.arm(due, clock::now() + ahead);
        while (ran == 0)
            event_loop::turn_or_block();
        tell(bench, ran - due.deadline());
    }
    return true;
}

bool stopped()
{
    return pv_shared_load_acquire(on_board(stop_at)) != 0;
}

// The host measures: it sees the board.
bool running(const Bench & /*bench*/)
{
    const pv_shared upcall = pv_shared_at(area_of(this_vcpu().id), offsetof(pv_vcpu_area, upcall));

    while (!stopped()) {
        if (pv_shared_load_relaxed(upcall) != 0)
            (void)event_loop::turn();
        pause();
    }
    return true;
}

bool asleep(const Bench & /*bench*/)
{
    while (!stopped()) {
        add_one(blocks_at);
        hypercall::block();
        (void)event_loop::turn();
    }
    return true;
}

struct Figure {
    std::string_view name;
    bool (*round)(const Bench &bench);
    bool needs_host = false;
    bool direct = false; // the measured port is bound to a direct event
};

constexpr std::array<Figure, 8> figures = {{
    {"version", version},
    {"upcall", upcall},
    {"timer", timer},
    {"doorbell", doorbell, true},
    {"direct-running", running, true, true},
    {"direct-asleep", asleep, true, true},
    {"event-running", running, true},
    {"event-asleep", asleep, true},
}};

void count_event(void * /*context*/)
{
    add_one(handled_at);
}

// Ports that the host is to bind to: one that asks for rounds, one that is measured.
bool make_ports(const Figure &figure, Bench &bench)
{
    const int64_t control = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0);
    const int64_t measured = hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0);

    if (control <= 0 || measured <= 0)
        return false;
    bench.control = {static_cast<uint32_t>(control)};
    bench.measured = {static_cast<uint32_t>(measured)};
    events::handle(bench.control, {[](void *) {}, nullptr});
    if (!figure.direct) {
        events::handle(bench.measured, {count_event, nullptr});
        return true;
    }
    return events::bind_direct(bench.measured, 0, {count_event, nullptr}) == 0;
}

// Rounds as the host asks for them, until it ends the guest.
uint32_t serve(const Figure &figure, Bench &bench)
{
    uint32_t done = 0;

    if (!make_ports(figure, bench)) {
        print("bench: the host refuses the ports");
        return 1;
    }
    print("@pv bench {} {} {}", bench.control.value, bench.measured.value,
          guest_address_of(board.data()).value);
    for (;;) {
        while (pv_shared_load_acquire(on_board(asked_at)) == done)
            event_loop::turn_or_block();
        done++;
        if (!figure.round(bench))
            return 1;
        pv_shared_store_release(on_board(done_at), done);
    }
}

} // namespace

uint32_t bench(Words arguments)
{
    Bench bench;
    uint64_t rounds = 0;

    if (arguments.size() == 3 && parse_number(arguments[1], 1'000'000'000, bench.count) &&
        parse_number(arguments[2], 1'000'000, rounds) && bench.count > 0) {
        for (const Figure &figure : figures) {
            if (figure.name != arguments[0] || (figure.needs_host && rounds > 0))
                continue;
            bench.name = figure.name;
            if (rounds == 0)
                return serve(figure, bench);
            for (uint64_t i = 0; i < rounds; i++) {
                if (!figure.round(bench))
                    return 1;
            }
            return 0;
        }
    }
    print(
        "bench: give it a figure, how many in a round, and how many rounds (0: as the host asks);");
    for (const Figure &figure : figures)
        print("  {}{}", figure.name, figure.needs_host ? ", with 0 rounds" : "");
    return status_wrong_usage;
}

} // namespace keel::program
