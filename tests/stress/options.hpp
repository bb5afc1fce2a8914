// SPDX-License-Identifier: Apache-2.0
//
// Command line and environment, the same for every stress program: `--seed N` repeats the choices
// of a run (not its interleaving), `--seconds S` or PARAVANE_SOAK_SECONDS makes it longer.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/random.h>
#include <unistd.h>

#include "clock.hpp"
#include "report.hpp"

namespace paravane::stress {

struct Options {
    uint64_t seed = 0;
    double seconds = 2;
    int64_t ends_ms = 0;

    [[nodiscard]] bool over() const { return now_ms() >= ends_ms; }
};

inline double seconds_of(const char *text)
{
    char *end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value < 1e6))
        fail("not a number of seconds: %s", text);
    return value;
}

inline uint64_t seed_of(const char *text)
{
    char *end = nullptr;
    errno = 0;
    const uint64_t value = std::strtoull(text, &end, 0);
    if (end == text || *end != '\0' || errno != 0)
        fail("not a seed: %s", text);
    return value;
}

extern "C" inline void stress_alarm(int /*signal*/)
{
    static const char text[] = "FAILED: the program did not end in its time\n";
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(1);
}

// Also starts the alarm after which the program ends, whatever it hangs in.
inline Options options_of(const char *name, int argc, char **argv)
{
    Options options;
    if (getrandom(&options.seed, sizeof(options.seed), 0) != sizeof(options.seed))
        fail("getrandom: %s", std::strerror(errno));
    if (const char *soak = std::getenv("PARAVANE_SOAK_SECONDS"))
        options.seconds = seconds_of(soak);
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && std::strcmp(argv[i], "--seed") == 0)
            options.seed = seed_of(argv[i + 1]);
        else if (i + 1 < argc && std::strcmp(argv[i], "--seconds") == 0)
            options.seconds = seconds_of(argv[i + 1]);
        else
            fail("usage: %s [--seed N] [--seconds S]", argv[0]);
    }
    std::printf("%s: --seed 0x%llx, %g s\n", name, static_cast<unsigned long long>(options.seed),
                options.seconds);
    std::fflush(stdout);
    options.ends_ms = now_ms() + static_cast<int64_t>(options.seconds * 1000);
    std::signal(SIGALRM, stress_alarm);
    alarm(static_cast<unsigned int>(options.seconds) + 2 * patience_ms / 1000);
    return options;
}

} // namespace paravane::stress
