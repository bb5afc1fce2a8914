// SPDX-License-Identifier: Apache-2.0
//
// Several vCPUs: that they are up, hear each other, and lose nothing.
#include <paravane/errors.h>

#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/smp.hpp"
#include "frontend-drivers/keel/spinlock.hpp"

namespace keel::selftest {

namespace {

constexpr uint64_t patience = 20 * clock::second;

#define KEEL_NEEDS_TWO_VCPUS                                                                       \
    do {                                                                                           \
        KEEL_NEEDS(PV_FEATURE_SMP);                                                                \
        if (start().vcpus < 2)                                                                     \
            return verdict.skip("there is one vCPU");                                              \
    } while (false)

void all_are_up(Verdict &verdict)
{
    KEEL_NEEDS_TWO_VCPUS;
    KEEL_EXPECT_IS(smp::online(), start().vcpus);
    for (uint32_t id = 0; id < start().vcpus; id++) {
        KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_IS_UP, id), int64_t{1});
        KEEL_EXPECT_IS(hypercall::vcpu(PV_VCPU_UP, id, number_of(nullptr)), -PV_EBUSY);
        KEEL_EXPECT(hypercall::vcpu(PV_VCPU_RUNSTATE, id, PV_RUNSTATE_RUNNING) > 0);
    }
}

void runs_on_each(Verdict &verdict)
{
    std::array<std::atomic<uint32_t>, PV_VCPUS_MAX> runs{};

    KEEL_NEEDS_TWO_VCPUS;
    for (uint32_t round = 0; round < 50; round++)
        smp::call_each({[](void *counters) {
                            auto *all = static_cast<std::atomic<uint32_t> *>(counters);
                            all[this_vcpu().id]++;
                        },
                        runs.data()});
    for (uint32_t id = 0; id < start().vcpus; id++)
        KEEL_EXPECT_IS(runs[id].load(), uint32_t{50});
}

// Two vCPUs that wake each other in turn. Were one wake-up lost, both would sleep for ever.
struct PingPong {
    Port ping; // raised at vCPU 1
    Port pong; // and at vCPU 0
    std::atomic<uint32_t> pings = 0;
    std::atomic<uint32_t> pongs = 0;
};

void ping_pong(Verdict &verdict)
{
    constexpr uint32_t rounds = 1000;
    KEEL_NEEDS_TWO_VCPUS;
    PingPong game;
    const auto ping = events::bind_ipi(1, {[](void *of) {
                                               auto &both = *static_cast<PingPong *>(of);
                                               both.pings++;
                                               (void)hypercall::send(both.pong);
                                           },
                                           &game});
    const auto pong = events::bind_ipi(0, {[](void *of) {
                                               auto &both = *static_cast<PingPong *>(of);
                                               if (++both.pongs < rounds)
                                                   (void)hypercall::send(both.ping);
                                           },
                                           &game});

    KEEL_EXPECT(ping.good() && pong.good());
    game.ping = ping.port;
    game.pong = pong.port;
    KEEL_EXPECT_IS(hypercall::send(game.ping), int64_t{0});
    const bool ended =
        event_loop::run_until([&] { return game.pongs == rounds; }, clock::now() + patience);
    KEEL_EXPECT_IS(events::close(ping.port), int64_t{0});
    KEEL_EXPECT_IS(events::close(pong.port), int64_t{0});
    KEEL_EXPECT(ended);
    KEEL_EXPECT_IS(game.pings.load(), rounds);
}

// A flood from the other vCPU: after the last send there is one more handling, and no more handlings
// than sends.
struct Flood {
    Port port;
    std::atomic<uint32_t> sent = 0;
    std::atomic<uint32_t> handled = 0;
    uint32_t seen = 0; // `sent`, at the last handling
};

void flood(Verdict &verdict)
{
    constexpr uint32_t sends = 2000;
    KEEL_NEEDS_TWO_VCPUS;
    Flood state;
    const auto bound = events::bind_ipi(0, {[](void *of) {
                                                auto &flood = *static_cast<Flood *>(of);
                                                flood.handled++;
                                                flood.seen = flood.sent;
                                            },
                                            &state});

    KEEL_EXPECT(bound.good());
    state.port = bound.port;
    smp::start_call(1, {[](void *of) {
                            auto &flood = *static_cast<Flood *>(of);
                            for (uint32_t i = 0; i < sends; i++) {
                                flood.sent++;
                                (void)hypercall::send(flood.port);
                            }
                        },
                        &state});
    const bool all =
        event_loop::run_until([&] { return state.seen == sends; }, clock::now() + patience);
    while (!smp::finished(1))
        hypercall::yield();
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
    KEEL_EXPECT(all);
    KEEL_EXPECT(state.handled <= sends);
}

// Masked and unmasked by one vCPU while another sends: each send is followed by a handling.
void masked_flood(Verdict &verdict)
{
    constexpr uint32_t sends = 1000;
    KEEL_NEEDS_TWO_VCPUS;
    Flood state;
    const auto bound = events::bind_ipi(1, {[](void *of) {
                                                auto &flood = *static_cast<Flood *>(of);
                                                flood.handled++;
                                            },
                                            &state});

    KEEL_EXPECT(bound.good());
    for (uint32_t i = 1; i <= sends; i++) {
        events::mask(bound.port);
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
        events::unmask(bound.port);
        const uint64_t deadline = clock::now() + patience;
        while (state.handled != i && clock::now() < deadline)
            pause();
        KEEL_EXPECT_IS(state.handled.load(), i);
    }
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
}

void port_moves(Verdict &verdict)
{
    struct Where {
        std::atomic<uint32_t> count = 0;
        std::atomic<uint32_t> last = 0;
    };
    Where where;
    KEEL_NEEDS_TWO_VCPUS;
    const uint64_t self = start().domain;
    const int64_t near = hypercall::event(PV_EVENT_ALLOC_UNBOUND, self);
    KEEL_EXPECT(near > 0);
    const Port far = {static_cast<uint32_t>(
        hypercall::event(PV_EVENT_BIND_INTERDOMAIN, self, static_cast<uint64_t>(near)))};
    const Port port = {static_cast<uint32_t>(near)};

    events::handle(port, {[](void *of) {
                              auto &seen = *static_cast<Where *>(of);
                              seen.last = this_vcpu().id;
                              seen.count++;
                          },
                          &where});
    for (uint32_t i = 1; i <= 100; i++) {
        KEEL_EXPECT_IS(events::move(port, i % 2), int64_t{0});
        KEEL_EXPECT_IS(hypercall::send(far), int64_t{0});
        // The other vCPU does not wake this one when it is done, so without sleeping.
        const uint64_t deadline = clock::now() + patience;
        while (where.count != i && clock::now() < deadline)
            (void)event_loop::turn();
        KEEL_EXPECT_IS(where.count.load(), i);
        KEEL_EXPECT_IS(where.last.load(), i % 2);
    }
    KEEL_EXPECT_IS(events::close(port), int64_t{0});
    KEEL_EXPECT_IS(events::close(far), int64_t{0});
}

// What is raised while it is down is handled when it is up again.
void down_and_up(Verdict &verdict)
{
    std::atomic<uint32_t> handled = 0;

    KEEL_NEEDS_TWO_VCPUS;
    const auto bound = events::bind_ipi(
        1, {[](void *of) { ++*static_cast<std::atomic<uint32_t> *>(of); }, &handled});
    KEEL_EXPECT(bound.good());
    for (uint32_t i = 1; i <= 20; i++) {
        KEEL_EXPECT(smp::take_down(1));
        KEEL_EXPECT_IS(smp::online(), start().vcpus - 1);
        KEEL_EXPECT_IS(hypercall::send(bound.port), int64_t{0});
        KEEL_EXPECT_IS(handled.load(), i - 1);
        KEEL_EXPECT(smp::start_again(1));
        const uint64_t deadline = clock::now() + patience;
        while (handled != i && clock::now() < deadline)
            pause();
        KEEL_EXPECT_IS(handled.load(), i);
    }
    KEEL_EXPECT(hypercall::vcpu(PV_VCPU_RUNSTATE, 1, PV_RUNSTATE_OFFLINE) > 0);
    KEEL_EXPECT_IS(events::close(bound.port), int64_t{0});
}

// All vCPUs at once: a lock that works, and allocators that give nothing twice.
struct Together {
    Spinlock lock;
    uint64_t sum = 0; // guarded by it
    std::atomic<uint32_t> mistakes = 0;
};

void work_together(void *of)
{
    auto &together = *static_cast<Together *>(of);

    for (uint32_t i = 0; i < 20'000; i++) {
        {
            const Locked held(together.lock);
            together.sum = together.sum + 1;
        }
        auto *object = new uint64_t(i + this_vcpu().id * uint64_t{1'000'000});
        pause();
        together.mistakes += *object == i + this_vcpu().id * uint64_t{1'000'000} ? 0 : 1;
        delete object;
    }
}

void locks_and_heap(Verdict &verdict)
{
    Together together;
    const std::size_t before = heap().objects();

    KEEL_NEEDS_TWO_VCPUS;
    for (uint32_t id = 1; id < start().vcpus; id++)
        smp::start_call(id, {work_together, &together});
    work_together(&together);
    for (uint32_t id = 1; id < start().vcpus; id++) {
        while (!smp::finished(id))
            hypercall::yield();
    }
    KEEL_EXPECT_IS(together.sum, uint64_t{20'000} * start().vcpus);
    KEEL_EXPECT_IS(together.mistakes.load(), uint32_t{0});
    KEEL_EXPECT_IS(heap().objects(), before);
}

constexpr std::array<Test, 8> tests = {{
    {"smp-up", all_are_up},
    {"smp-each", runs_on_each},
    {"smp-ping-pong", ping_pong},
    {"smp-flood", flood},
    {"smp-masked-flood", masked_flood},
    {"smp-port-moves", port_moves},
    {"smp-down-and-up", down_and_up},
    {"smp-locks", locks_and_heap},
}};

} // namespace

std::span<const Test> smp_tests()
{
    return tests;
}

} // namespace keel::selftest
