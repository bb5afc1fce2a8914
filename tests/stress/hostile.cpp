// SPDX-License-Identifier: Apache-2.0
//
// A peer that writes over all of the shared memory, without pause and from another process, while
// every kind of half works on it: each must refuse by a named rule or go on with garbage, touch
// nothing beside the ring, and leave the neighbours alone; and the memory must be good again for
// the next that attaches.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <system_error>

#include <paravane/shared_memory.hpp>

#include "child.hpp"
#include "hostile_scribbler.hpp"
#include "hostile_siege.hpp"
#include "options.hpp"

namespace paravane::stress {
namespace {

constexpr uint32_t fewest_rules = 8;
// What a busy machine may add to the run until it has seen the fewest rules.
constexpr int64_t grace_ms = 15000;

void print(const Totals &totals, uint64_t neighbour)
{
    std::printf("  %" PRIu64 " attacks, %" PRIu64 " steps under fire; of %" PRIu64 " rings %" PRIu64
                " were refused and counted; %" PRIu64 " elements passed the neighbour intact\n",
                totals.attacks, totals.steps, totals.rings, totals.refused, neighbour);
    for (uint32_t kind = 0; kind < kinds; kind++)
        std::printf("  %s %" PRIu64 "%s", kind_names[kind], totals.by_kind[kind],
                    kind + 1 < kinds ? "," : "\n");
    for (uint32_t rule = 0; rule < PV_RULES; rule++)
        if (totals.by_rule[rule] > 0)
            std::printf("  %7" PRIu64 "  %2u  %s\n", totals.by_rule[rule], rule,
                        pv_rule_name(static_cast<pv_rule>(rule)));
}

int run(int argc, char **argv)
{
    const Options options = options_of("stress.hostile", argc, argv);
    Random random(options.seed);
    Arena arena;
    const Common<Orders> orders;
    Turns turns(*orders);
    const Child hostile = Child::start([&] {
        scribble_for_ever(arena.at(0), *orders, turns);
        return 0;
    });

    std::error_code error;
    const SharedMemory other = SharedMemory::create(1 << 16, SharedMemory::Pages::normal, error);
    if (error)
        cannot("memfd", error.value());
    FriendlyRing neighbour("neighbour", other.at(0), {64, 64}, random);
    Siege siege(random, arena, *orders, turns, neighbour);
    const Totals &totals = siege.totals();

    for (uint32_t turn = 0; !options.over() || (totals.rules() < fewest_rules &&
                                                now_ms() < options.ends_ms + grace_ms);
         turn++)
        siege.run(static_cast<Kind>(turn % kinds));
    print(totals, neighbour.taken());
    if (totals.rules() < fewest_rules)
        fail("only %u rules were met: the attacks are too tame", totals.rules());
    std::printf("stress.hostile: passed, %" PRIu64 " rings refused by %u rules\n", totals.refused,
                totals.rules());
    return 0;
}

} // namespace
} // namespace paravane::stress

int main(int argc, char **argv)
{
    return paravane::stress::run(argc, argv);
}
