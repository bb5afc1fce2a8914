// SPDX-License-Identifier: Apache-2.0
//
// Guests under KVM beside bare ones.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "guest/bare_exits.hpp"
#include "guest/keel_guest.hpp"
#include "guest/setting.hpp"
#include "hypercall/kvm/probe/guest.hpp"

namespace paravane::bench {

class KvmFigures {
  public:
    // Boots all the guests. A Problem also where there is no KVM.
    [[nodiscard]] static Result<std::unique_ptr<KvmFigures>> start(const GuestSetting &setting);

    // Everything once; `turned` in the opposite order.
    [[nodiscard]] Result<void> round(bool turned, Series &series);

  private:
    using Samples = Result<std::vector<double>>;

    explicit KvmFigures(const GuestSetting &setting) : setting_(setting) {}
    [[nodiscard]] Result<void> boot();
    [[nodiscard]] Result<std::unique_ptr<KeelGuest>> guest(const char *figure) const;
    [[nodiscard]] Result<void> add(Series &series, const char *what, const std::string &which,
                                   const Result<double> &value);
    void add_exits(Series &series, const std::string &which, uint64_t exits, uint32_t count);
    [[nodiscard]] Result<void> add_keel(Series &series, const char *what, const char *which,
                                        KeelGuest &guest, uint32_t count);
    [[nodiscard]] Result<void> add_bare_doorbell(Series &series, const std::string &which,
                                                 uint32_t command);
    [[nodiscard]] Result<void> add_bare_events(Series &series, bool asleep);
    [[nodiscard]] Result<void> add_events(Series &series, KeelGuest::By by, bool asleep,
                                          KeelGuest &guest);

    GuestSetting setting_;
    std::unique_ptr<BareExits> bare_exits_;
    std::unique_ptr<probe::Guest> bare_; // doorbells and interrupts
    std::unique_ptr<KeelGuest> version_, doorbell_, upcall_;
    std::unique_ptr<KeelGuest> direct_running_, direct_asleep_, upcall_running_, upcall_asleep_;
};

// After all rounds, or with none: null values.
void add_kvm_targets(Series &series, std::vector<Target> &targets);

} // namespace paravane::bench
