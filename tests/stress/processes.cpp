// SPDX-License-Identifier: Apache-2.0
//
// The two halves of a device as two processes over a memfd. The backend is killed at any moment,
// from outside and at every step by itself, and comes back from its log: no request may be lost, no
// response may come twice, no wake-up may die with a process.
#include <cinttypes>
#include <cstdint>
#include <cstdio>

#include "options.hpp"
#include "processes_session.hpp"

namespace paravane::stress {
namespace {

// A run that saw fewer goes on: on a busy machine two seconds may be few lives.
constexpr uint64_t fewest_kills = 36;

void print(const Totals &totals)
{
    uint64_t own = 0;
    uint64_t points = 0;
    for (const uint64_t crashes : totals.crashes) {
        own += crashes;
        points += crashes > 0 ? 1 : 0;
    }
    std::printf("  %" PRIu64 " devices, %" PRIu64 " of them undisturbed; %" PRIu64
                " requests, each answered once\n",
                totals.devices, totals.undisturbed, totals.requests);
    std::printf("  %" PRIu64 " kills, %" PRIu64 " of them the backend's own at %" PRIu64
                " of %d steps; %" PRIu64 " replays, %" PRIu64 " requests executed again, %" PRIu64
                " slots written again\n",
                totals.kills, own, points, static_cast<int>(crash_points), totals.replays,
                totals.executions - totals.requests, totals.restores);
    std::printf("  notifications %" PRIu64 " + %" PRIu64 ", suppressed %" PRIu64 " + %" PRIu64
                ", wake-ups %" PRIu64 " + %" PRIu64 " (frontend + backend)\n",
                totals.frontend.sent, totals.backend.sent, totals.frontend.suppressed,
                totals.backend.suppressed, totals.frontend.wakeups, totals.backend.wakeups);
}

int run(int argc, char **argv)
{
    const Options options = options_of("stress.processes", argc, argv);
    Random random(options.seed);
    Totals totals;

    while (!options.over() || totals.kills < fewest_kills || totals.undisturbed == 0) {
        const bool kills = totals.devices % 4 != 3;
        Session session(random, kills, totals);
        session.run(kills ? 240 : 60);
    }
    print(totals);
    std::printf("stress.processes: passed, %" PRIu64 " requests, %" PRIu64 " kills\n",
                totals.requests, totals.kills);
    return 0;
}

} // namespace
} // namespace paravane::stress

int main(int argc, char **argv)
{
    return paravane::stress::run(argc, argv);
}
