// SPDX-License-Identifier: Apache-2.0
//
// keel with its program `bench`, carried by this process: the hypervisor half is the one of paravane-domain,
// only the loop around it is not there. The host's ends of its ports are thus at hand.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "hypercall/host/domain.hpp"
#include "hypercall/host/image.hpp"
#include "ring/cores.hpp"

namespace paravane::bench {

struct GuestPlan {
    pv_vehicle vehicle = PV_VEHICLE_KVM;
    std::string figure; // as the program calls it
    uint32_t count = 1; // of what it measures, in a round
    Cores cores;        // producer: the vCPU's; consumer: the one that is left to the others
};

class KeelGuest final : private Host {
  public:
    // Runs it until it waits for a round to be asked for.
    [[nodiscard]] static Result<std::unique_ptr<KeelGuest>> start(const GuestPlan &plan);
    ~KeelGuest() override;
    KeelGuest(const KeelGuest &) = delete;
    KeelGuest &operator=(const KeelGuest &) = delete;

    // One round: the nanoseconds that the guest tells.
    [[nodiscard]] Result<double> round();

    // How the host raises the measured port: `direct` by its eventfd, which is an interrupt; `upcall` by
    // the domain, as its loop does once that has read the eventfd.
    enum class By { direct, upcall };
    // One round in which the host raises so many events: for each, the nanoseconds until it sees what the
    // guest's handler stored.
    [[nodiscard]] Result<std::vector<double>> events(By by, bool asleep, uint32_t count);

    // Exits to this program in the last round.
    [[nodiscard]] uint64_t exits() const { return exits_; }

  private:
    using StartVehicle = std::function<Result<void>(const Image &, const VcpuStart &)>;

    KeelGuest() = default;
    [[nodiscard]] Result<void> boot(const GuestPlan &plan);
    [[nodiscard]] Result<void> make_vehicle(const GuestPlan &plan, StartVehicle &start);
    [[nodiscard]] Result<void> bind_ports();
    void ask_for_round();
    [[nodiscard]] Result<void> await_round();
    void raise(By by);
    [[nodiscard]] pv_shared board(uint32_t offset) const;
    [[nodiscard]] Problem lost(const std::string &waiting_for);
    // The rest of the last line that began so. Waits for one; empty if none comes.
    [[nodiscard]] std::string await_line(std::string_view beginning);

    ConsoleAnswer console(std::string_view text) override;
    void watch(Port /*port*/, int /*eventfd*/) override {}
    void unwatch(Port /*port*/, int /*eventfd*/) override {}
    void set_timer(VcpuId /*vcpu*/, uint64_t /*deadline*/) override {}
    void ended(uint32_t reason, uint32_t status) override;

    std::mutex lock_;
    std::condition_variable said_;
    std::string text_; // of the console
    bool ended_ = false;

    Port control_;
    Port measured_;
    HostEnd control_end_;
    HostEnd measured_end_;
    uint64_t board_ = 0; // guest-physical
    uint32_t asked_ = 0;
    uint64_t exits_ = 0;
    uint64_t exits_before_ = 0;

    std::unique_ptr<Domain> domain_;
    std::unique_ptr<Vehicle> vehicle_; // uses the domain
};

} // namespace paravane::bench
