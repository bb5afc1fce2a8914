// SPDX-License-Identifier: Apache-2.0
#include "guest/other_figures.hpp"

#include <ctime>
#include <sstream>

#include <fmt/core.h>

#include "guest/bare_futex.hpp"
#include "guest/boot.hpp"
#include "guest/command.hpp"
#include "guest/pinned.hpp"
#include "guest/private_memory.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::bench {

namespace {

namespace names {
constexpr const char *call = "hypercall, process";
constexpr const char *bare_call = "bare futex ping-pong";
constexpr const char *our_call = "keel, version";
constexpr const char *timer = "timer's lateness";
constexpr const char *boot = "boot to the first console byte";
constexpr const char *nothing = "paravane --version, exec to exit";
constexpr const char *memory = "private pages without the guest's RAM";
constexpr const char *domain = "paravane-domain";
} // namespace names

void add_lateness(Series &series, const std::string &who, const std::vector<double> &samples)
{
    series.add(names::timer, who + ", median", "ns", median_of(samples));
    series.add(names::timer, who + ", p99", "ns", quantile_of(samples, 0.99));
}

// Nanoseconds by which a thread that sleeps until a time is late, as the guest's program sleeps.
std::vector<double> bare_lateness(uint32_t count)
{
    constexpr uint64_t ahead = 500000, second = 1000000000;
    std::vector<double> samples;

    for (uint32_t i = 0; i < count; i++) {
        const uint64_t deadline = clock_now() + ahead;
        const timespec until = {static_cast<time_t>(deadline / second),
                                static_cast<long>(deadline % second)};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0)
            ;
        samples.push_back(static_cast<double>(clock_now() - deadline));
    }
    return samples;
}

std::string of(const std::string &vehicle, const std::string &what)
{
    return vehicle + ", " + what;
}

} // namespace

Result<std::unique_ptr<ProcessFigures>> ProcessFigures::start(const GuestSetting &setting)
{
    std::unique_ptr<ProcessFigures> figures(new ProcessFigures(setting));
    Result<std::unique_ptr<KeelGuest>> made =
        KeelGuest::start({PV_VEHICLE_PROCESS, "version", setting.mailbox_calls, setting.cores});

    if (!made)
        return made.error();
    figures->version_ = std::move(*made);
    return figures;
}

Result<void> ProcessFigures::round(bool turned, Series &series)
{
    for (const bool bare : {!turned, turned}) {
        const Result<double> one =
            bare ? measure_bare_futex(setting_.cores, setting_.mailbox_calls) : version_->round();
        if (!one)
            return one.error();
        series.add(names::call, bare ? names::bare_call : names::our_call, "ns", *one);
    }
    return {};
}

void add_process_ratios(Series &series)
{
    (void)ratio_by_rounds(series, names::call, names::bare_call, names::our_call);
}

Result<void> timer_round(const GuestSetting &setting, const std::string &vehicle, Series &series)
{
    Result<Command> command = Command::start({"paravane", "run", "--vehicle", vehicle, "--cmdline",
                                              fmt::format("bench timer {} 1", setting.timers)});
    if (!command)
        return command.error();
    std::istringstream output(command->output());
    std::vector<double> samples;
    std::string tag, figure, name, unit;
    double value = 0;
    while (output >> tag >> figure >> name >> unit >> value)
        samples.push_back(value);
    if (command->wait() != 0 || samples.size() != setting.timers)
        return Problem{"the timers of a guest were not told: " + output.str()};
    add_lateness(series, of(vehicle, "keel's event loop"), samples);
    add_lateness(series, "bare, clock_nanosleep", bare_lateness(setting.timers));
    return {};
}

Result<void> measure_boots(const std::string &vehicle, uint32_t boots, Series &series)
{
    for (uint32_t i = 0; i < boots; i++) {
        const Result<double> nothing = time_nothing();
        if (!nothing)
            return nothing.error();
        const Result<double> boot = time_boot(vehicle);
        if (!boot)
            return boot.error();
        series.add(names::boot, of(vehicle, names::nothing), "ms", *nothing);
        series.add(names::boot, of(vehicle, "paravane run"), "ms", *boot);
    }
    return {};
}

void add_boot_targets(const std::string &vehicle, Series &series, std::vector<Target> &targets)
{
    constexpr double most = 30; // ms
    const double nothing = median_of(series.values(names::boot, of(vehicle, names::nothing)));
    std::vector<double> boots = series.values(names::boot, of(vehicle, "paravane run"));
    std::optional<double> value;

    for (double &boot : boots)
        boot -= nothing;
    if (!boots.empty()) {
        const double p99 = quantile_of(boots, 0.99);
        series.add(names::boot, of(vehicle, "less the median of nothing, p50"), "ms",
                   quantile_of(boots, 0.5));
        series.add(names::boot, of(vehicle, "less the median of nothing, p99"), "ms", p99);
        value = most / p99;
    }
    targets.push_back(
        {fmt::format("boot, {}: p99 at most {} ms ({}/p99)", vehicle, most, most), value, 1.0});
}

Result<void> measure_memory(const std::string &vehicle, Series &series,
                            std::vector<std::string> &notes)
{
    const Result<std::vector<GuestProcess>> processes = private_memory_of_guest(vehicle);

    if (!processes)
        return processes.error();
    for (const GuestProcess &process : *processes) {
        std::string largest;
        for (size_t i = 0; i < std::min<size_t>(process.memory.mappings.size(), 8); i++)
            largest += fmt::format("{}{} {}", i == 0 ? "" : "; ", process.memory.mappings[i].name,
                                   process.memory.mappings[i].kib);
        series.add(names::memory, of(vehicle, process.name), "KiB",
                   static_cast<double>(process.memory.kib));
        notes.push_back(fmt::format("{}, {}, KiB by mappings: {}", vehicle, process.name, largest));
    }
    return {};
}

void add_memory_targets(const std::string &vehicle, const Series &series,
                        std::vector<Target> &targets)
{
    constexpr double most = 5120; // KiB
    const std::vector<double> values = series.values(names::memory, of(vehicle, names::domain));
    std::optional<double> value;

    if (!values.empty())
        value = most / median_of(values);
    targets.push_back(
        {fmt::format("memory, {}: {} at most 5 MiB (5/it)", vehicle, names::domain), value, 1.0});
}

} // namespace paravane::bench
