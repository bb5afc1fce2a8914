// SPDX-License-Identifier: Apache-2.0
//
// The vehicle that is a Linux process: the guest's memory lies in it at the same virtual addresses as
// under KVM, its vCPUs are threads, and its hypercalls go through mailboxes. The process may make no
// system calls but those that the mailboxes need.
#pragma once

#include <memory>
#include <vector>

#include "hypercall/control/child.hpp"
#include "hypercall/host/image.hpp"
#include "hypercall/host/vehicle.hpp"
#include "hypercall/process/mailbox_thread.hpp"

namespace paravane::process {

class ProcessVehicle final : public Vehicle {
  public:
    // The domain must outlive it.
    [[nodiscard]] static Result<std::unique_ptr<ProcessVehicle>> create(Domain &domain);
    ~ProcessVehicle() override;

    // Makes the mailboxes' threads; until then this process needs no more than one.
    void begin();
    [[nodiscard]] Result<void> start(const Image &image, const VcpuStart &start);
    void join();

    // Becomes readable when the guest's process has ended by itself, which is a crash.
    [[nodiscard]] int descriptor() const { return child_.descriptor(); }
    [[nodiscard]] pid_t pid() const { return child_.pid(); }
    [[nodiscard]] std::string why_it_ended();

    [[nodiscard]] pv_vehicle kind() const override { return PV_VEHICLE_PROCESS; }
    [[nodiscard]] uint64_t features() const override { return PV_FEATURE_SMP | PV_FEATURE_GRANTS; }
    [[nodiscard]] Stub stub(uint32_t number) const override;
    [[nodiscard]] GuestAddress interrupt_end() const override { return {}; }
    [[nodiscard]] uint64_t counter_khz() const override { return counter_khz_; }
    void upcall(VcpuId vcpu) override { threads_[vcpu.value]->wake(); }
    [[nodiscard]] int64_t add_direct(VcpuId, uint32_t, int) override { return -PV_ENOSYS; }
    void remove_direct(VcpuId, uint32_t, int) override {}
    [[nodiscard]] bool add_doorbell(Port, int, pv_doorbell &) override { return false; }
    void remove_doorbell(Port, int) override {}
    [[nodiscard]] int64_t set_callback(VcpuId, const Callback &) override { return -PV_ENOSYS; }
    [[nodiscard]] int64_t start_vcpu(VcpuId vcpu, const VcpuStart &start) override;
    [[nodiscard]] int64_t map(VcpuId, GuestVirtual, GuestAddress, uint64_t, uint32_t) override
    {
        return -PV_ENOSYS;
    }
    void hold(VcpuId caller) override;
    void release(VcpuId caller) override;
    void stop() override;

  private:
    ProcessVehicle(Domain &domain, SharedMemory mailboxes, Child child, UniqueFd socket);
    [[nodiscard]] Result<void> send_plan(const Image &image);

    Domain &domain_;
    SharedMemory mailboxes_;
    Child child_;
    UniqueFd socket_;
    uint64_t counter_khz_;
    std::vector<std::unique_ptr<MailboxThread>> threads_;
};

} // namespace paravane::process
