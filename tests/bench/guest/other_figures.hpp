// SPDX-License-Identifier: Apache-2.0
//
// What needs no KVM: calls of guests that are processes. And what is measured of whole programs, with
// either vehicle: timers, booting, memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "guest/keel_guest.hpp"
#include "guest/setting.hpp"

namespace paravane::bench {

class ProcessFigures {
  public:
    [[nodiscard]] static Result<std::unique_ptr<ProcessFigures>> start(const GuestSetting &setting);
    [[nodiscard]] Result<void> round(bool turned, Series &series);

  private:
    explicit ProcessFigures(const GuestSetting &setting) : setting_(setting) {}

    GuestSetting setting_;
    std::unique_ptr<KeelGuest> version_;
};

void add_process_ratios(Series &series);

// Lateness of the timers of a guest of `paravane run`, and of a bare sleep.
[[nodiscard]] Result<void> timer_round(const GuestSetting &setting, const std::string &vehicle,
                                       Series &series);

// So many boots, each beside a program that does nothing.
[[nodiscard]] Result<void> measure_boots(const std::string &vehicle, uint32_t boots,
                                         Series &series);
void add_boot_targets(const std::string &vehicle, Series &series, std::vector<Target> &targets);

[[nodiscard]] Result<void> measure_memory(const std::string &vehicle, Series &series,
                                          std::vector<std::string> &notes);
void add_memory_targets(const std::string &vehicle, const Series &series,
                        std::vector<Target> &targets);

} // namespace paravane::bench
