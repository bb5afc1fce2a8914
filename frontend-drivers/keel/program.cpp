// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/program.hpp"

#include <array>

#include "frontend-drivers/keel/console.hpp"

namespace keel {

namespace {

// The first is what runs when the command line is empty.
constexpr std::array<Program, 20> all = {{
    {"show", "", "shows this guest and powers off", program::show},
    {"shell", "", "obeys commands that come over the console", program::shell},
    {"selftest", "[NAME...]", "tests the kernel and the host's answers to it", program::selftest},
    {"random", "ROUNDS SEED", "makes random hypercalls with random arguments", program::random},
    {"wait", "", "runs until the host asks it to power off", program::wait},
    {"spin", "[obey]", "keeps its vCPU busy for ever, or until asked to power off", program::spin},
    {"console-count", "BYTES", "says that many bytes of a pattern on the console",
     program::console_count},
    {"console-echo", "", "says each line on the console again, until one is quit",
     program::console_echo},
    {"console-hostile", "WAY", "breaks a rule of the console's rings in its backend's name",
     program::console_hostile},
    {"console-terms", "VERSION_MIN VERSION FEATURES", "agrees with the console on other terms",
     program::console_terms},
    {"blkbench",
     "[disk=N] [rw=randread|read|randwrite|write|randrw|rw] [mix=PERCENT] [size=4K] [depth=32] "
     "[queues=1] [time=1s] [warmup=100ms] [region=BYTES] [seed=N] [wait=poll|sleep] [latency] "
     "[hist] [verify]",
     "measures a disk; writing overwrites what is on it", program::blkbench},
    {"blkcheck",
     "[disk=N] [rounds=20000] [seed=N] [region=32M] [depth=32] [queues=N] [wait=sleep|poll] "
     "[order=submission|any] [errors] [no-fua] [lasting]",
     "overwrites a disk, and checks that it keeps what was written", program::blkcheck},
    {"blkinfo", "[disk=N] [watch]", "says what a disk is like, and when its size changes",
     program::blkinfo},
    {"store", "ls|read|write PATH [VALUE]", "reads and writes the store", program::store},
    {"store-hostile", "WAY", "breaks a rule of the store's streams", program::store_hostile},
    {"storm", "ROUNDS", "counts hypercalls under a rain of upcalls", program::storm},
    {"exit", "STATUS", "powers off with this status, 0 to 255", program::exit},
    {"panic", "", "crashes, with a backtrace", program::panic},
    {"bench", "FIGURE COUNT ROUNDS", "measures, for paravane-guest-bench", program::bench},
    {"help", "", "lists the programs", program::help},
}};

} // namespace

std::span<const Program> programs()
{
    return all;
}

uint32_t run_program(Words command_line)
{
    if (command_line.empty())
        return all[0].run({});
    for (const Program &program : all) {
        if (program.name == command_line[0])
            return program.run(command_line.subspan(1));
    }
    print("keel: no program is called {}; help lists them", command_line[0]);
    return status_wrong_usage;
}

} // namespace keel
