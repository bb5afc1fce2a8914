// SPDX-License-Identifier: Apache-2.0
#include "guest/suite.hpp"

#include "guest/kvm_figures.hpp"
#include "guest/other_figures.hpp"

namespace paravane::bench {

namespace {

// One of each first, which does not count.
Result<void> all_rounds(const GuestOptions &options, const GuestSetting &setting, KvmFigures *kvm,
                        ProcessFigures &process, const std::vector<std::string> &vehicles,
                        Series &series)
{
    Series warm_up;

    for (uint32_t i = 0; i <= options.rounds; i++) {
        Series &into = i == 0 ? warm_up : series;
        const bool turned = i % 2 == 0;
        if (i == 0 && options.smoke)
            continue;
        if (kvm != nullptr) {
            if (Result<void> done = kvm->round(turned, into); !done)
                return done;
        }
        if (Result<void> done = process.round(turned, into); !done)
            return done;
        for (const std::string &vehicle : vehicles) {
            if (Result<void> done = timer_round(setting, vehicle, into); !done)
                return done;
        }
    }
    return {};
}

} // namespace

std::string run_guest_suite(const GuestOptions &options, const Cores &cores, Report &report,
                            std::vector<std::string> &notes, std::string &why_no_kvm)
{
    GuestSetting setting;
    Series series;
    std::vector<std::string> vehicles;

    setting.cores = cores;
    if (options.smoke)
        setting = smoke_setting(cores);
    {
        Result<std::unique_ptr<KvmFigures>> kvm = KvmFigures::start(setting);
        if (kvm)
            vehicles.emplace_back("kvm");
        else
            why_no_kvm = kvm.error().text;
        if (!kvm && options.smoke)
            return {};
        vehicles.emplace_back("process");
        Result<std::unique_ptr<ProcessFigures>> process = ProcessFigures::start(setting);
        if (!process)
            return process.error().text;
        if (Result<void> done = all_rounds(options, setting, kvm ? kvm->get() : nullptr, **process,
                                           vehicles, series);
            !done)
            return done.error().text;
    }
    for (const std::string &vehicle : vehicles) {
        if (Result<void> done = measure_boots(vehicle, options.boots, series); !done)
            return done.error().text;
        if (Result<void> done = measure_memory(vehicle, series, notes); !done)
            return done.error().text;
    }
    add_kvm_targets(series, report.targets);
    add_process_ratios(series);
    for (const std::string vehicle : {"kvm", "process"}) {
        add_boot_targets(vehicle, series, report.targets);
        add_memory_targets(vehicle, series, report.targets);
    }
    report.rows = series.rows();
    return {};
}

} // namespace paravane::bench
