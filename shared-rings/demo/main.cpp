// SPDX-License-Identifier: Apache-2.0
//
// paravane-ring-demo: shows the rings at work between two processes, across the death of one, and
// against a hostile one. Exit status: 0 all it claims was true, 1 it was not, 2 wrong usage.
#include <chrono>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "backend.hpp"
#include "frontend.hpp"
#include "hostile.hpp"

namespace paravane::demo {
namespace {

using Clock = std::chrono::steady_clock;

// No answer for so long, from a backend that lives: a wake-up was lost.
constexpr int patience_ms = 5000;

struct Options {
    uint32_t seconds = 3;
    uint32_t slots = 256;
    uint32_t kills = 25;
    uint32_t seed = 0;
};

double seconds_since(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

void show_layout(const Device &device)
{
    const QueuePlace &place = device.place;

    fmt::print("\n1. A device queue in {} KiB of sealed shared memory\n\n",
               device.memory.size() / 1024);
    fmt::print("   {:>8}  request ring   {} slots of {} bytes, frontend to backend\n", "0x00000",
               place.slots, sizeof(AddRequest));
    fmt::print("   {:>8}  response ring  {} slots of {} bytes, backend to frontend\n",
               fmt::format("0x{:05x}", place.responses_at()), place.slots, sizeof(AddResponse));
    fmt::print("   in each: +0x000 producer index  +0x080 producer event\n"
               "            +0x100 consumer index  +0x180 consumer event  +0x200 slots\n");
}

// Asks nothing more, and waits for what is outstanding.
bool drain(Frontend &frontend)
{
    while (frontend.pending() > 0) {
        if (!frontend.turn(false, patience_ms))
            return false;
    }
    return true;
}

bool traffic_is_right(const Frontend &frontend)
{
    const Traffic &traffic = frontend.traffic();
    return traffic.answered == traffic.asked && traffic.wrong == 0 &&
           frontend.refused() == PV_RULE_KEPT;
}

bool show_traffic(const Device &device, Frontend &frontend, LogContents &log, uint32_t seconds)
{
    BackendProcess backend;

    fmt::print("\n2. A frontend process asks for sums, a backend process answers\n\n");
    if (!backend.start(device, log))
        return false;
    const Clock::time_point start = Clock::now();
    uint64_t before = 0;
    for (uint32_t second = 1; second <= seconds; second++) {
        while (seconds_since(start) < second) {
            if (!frontend.turn(true, patience_ms))
                return false;
        }
        const uint64_t now = frontend.traffic().answered;
        fmt::print("   second {}: {:>10} requests answered and checked\n", second, now - before);
        std::fflush(stdout);
        before = now;
    }
    if (!drain(frontend))
        return false;

    const Traffic &traffic = frontend.traffic();
    fmt::print("   {} requests in {} publishes: {} notifications, {} not needed; slept {} times\n",
               traffic.asked, traffic.publishes, traffic.notifications,
               traffic.publishes - traffic.notifications, traffic.sleeps);
    backend.kill();
    return traffic_is_right(frontend);
}

bool show_deaths(const Device &device, Frontend &frontend, LogContents &log, const Options &options)
{
    std::minstd_rand random(options.seed);
    std::uniform_int_distribution<int> microseconds(50, 20000);
    BackendProcess backend;
    const uint64_t before = frontend.traffic().answered;

    fmt::print("\n3. The backend is killed {} times while it works (SIGKILL, seed {})\n\n",
               options.kills, options.seed);
    for (uint32_t kill = 0; kill < options.kills; kill++) {
        if (!backend.start(device, log))
            return false;
        const auto end = Clock::now() + std::chrono::microseconds(microseconds(random));
        while (Clock::now() < end) {
            // The backend may be dead or not yet up, so a sleep in vain is no failure here.
            (void)frontend.turn(true, 1);
        }
        backend.kill();
    }
    if (!backend.start(device, log) || !drain(frontend))
        return false;
    frontend.close();
    const bool ended = backend.finish();
    fmt::print(
        "   {} requests meanwhile; {} carried out by a successor, {} answers written again\n",
        frontend.traffic().answered - before, log.replayed.load(), log.restored.load());
    fmt::print("   asked {}, answered {}, wrong {}, lost {}\n", frontend.traffic().asked,
               frontend.traffic().answered, frontend.traffic().wrong, frontend.pending());
    return ended && traffic_is_right(frontend);
}

bool show_hostility()
{
    const std::vector<Verdict> verdicts = try_hostile_peers();
    bool all = !verdicts.empty();

    fmt::print("\n4. A hostile process at the other end of a ring\n\n");
    for (const Verdict &verdict : verdicts) {
        const bool right = verdict.refused == verdict.expected && verdict.neighbour_works;

        all = all && right;
        fmt::print("   {:<40} refused by rule {:>2}: {}{}\n", verdict.what,
                   static_cast<int>(verdict.refused), pv_rule_name(verdict.refused),
                   verdict.neighbour_works ? "" : "; THE NEIGHBOUR SUFFERED");
    }
    fmt::print("   the ring beside them went on, message by message\n");
    return all;
}

int run(const Options &options)
{
    std::error_code error;
    const QueuePlace place = {options.slots};
    Device device = {
        place, SharedMemory::create(place.bytes(), SharedMemory::Pages::normal, error), {}, {}};
    const Log log = make_log();

    if (error || !log || !device.doorbell.open() || !device.interrupt.open()) {
        fmt::print(stderr, "paravane-ring-demo: no memory or no descriptors left: {}\n",
                   error ? error.message() : "raise the limits of this shell (ulimit -a)");
        return 1;
    }
    Frontend frontend(device);
    if (const pv_rule rule = frontend.attach(); rule != PV_RULE_KEPT) {
        fmt::print(stderr, "paravane-ring-demo: {}\n", pv_rule_name(rule));
        return 1;
    }

    show_layout(device);
    const bool right = show_traffic(device, frontend, *log, options.seconds) &&
                       show_deaths(device, frontend, *log, options) && show_hostility();
    fmt::print("\n{}\n", right ? "All of it was so: every answer checked, nothing lost, every "
                                 "broken rule named."
                               : "NOT all of it was so: see the last lines above.");
    return right ? 0 : 1;
}

} // namespace
} // namespace paravane::demo

int main(int argc, char **argv)
{
    paravane::demo::Options options;
    CLI::App app{
        "Shows Paravane's rings between two processes, across the death of one of them, and\n"
        "against a hostile one.\n\nExit status: 0 all it claims was true, 1 it was not, 2 wrong "
        "usage."};

    options.seed = std::random_device()();
    app.add_option("--seconds", options.seconds, "how long the undisturbed traffic runs")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--slots", options.slots, "slots of each ring, a power of two")
        ->check(CLI::Range(PV_RING_SLOTS_MIN, PV_RING_SLOTS_MAX))
        ->check([](const std::string &text) {
            return pv_is_power_of_two(static_cast<uint32_t>(std::stoul(text)))
                       ? std::string()
                       : text + " is not a power of two: try 256";
        })
        ->capture_default_str();
    app.add_option("--kills", options.kills, "how often the backend is killed")
        ->check(CLI::Range(0, 100000))
        ->capture_default_str();
    app.add_option("--seed", options.seed,
                   "of the moments at which it is killed (default: random)");
    app.set_version_flag("--version", "paravane-ring-demo " PARAVANE_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &problem) {
        if (problem.get_exit_code() == 0)
            return app.exit(problem); // --help, --version
        fmt::print(stderr, "paravane-ring-demo: {} (--help tells more)\n", problem.what());
        return 2;
    }
    return paravane::demo::run(options);
}
