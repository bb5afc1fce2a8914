// SPDX-License-Identifier: Apache-2.0
//
// The vehicle that is a KVM machine: one thread a vCPU, guest code at CPL 3.
#pragma once

#include <memory>
#include <vector>

#include "hypercall/host/domain.hpp"
#include "hypercall/host/image.hpp"
#include "hypercall/host/vehicle.hpp"
#include "hypercall/kvm/device.hpp"
#include "hypercall/kvm/machine.hpp"
#include "hypercall/kvm/page_tables.hpp"
#include "hypercall/kvm/start_state.hpp"
#include "hypercall/kvm/vcpu_thread.hpp"

namespace paravane::kvm {

class KvmVehicle final : public Vehicle {
  public:
    // The domain must outlive it.
    [[nodiscard]] static Result<std::unique_ptr<KvmVehicle>> create(Domain &domain);
    ~KvmVehicle() override;

    // Makes the vCPUs' threads; until then the process needs no more than one.
    void begin();
    // Maps the image as its segments say and starts the first vCPU.
    [[nodiscard]] Result<void> start(const Image &image, const VcpuStart &start);
    // Returns when all vCPUs have ended.
    void join();

    [[nodiscard]] pv_vehicle kind() const override { return PV_VEHICLE_KVM; }
    [[nodiscard]] uint64_t features() const override;
    [[nodiscard]] Stub stub(uint32_t number) const override;
    [[nodiscard]] GuestAddress interrupt_end() const override;
    [[nodiscard]] uint64_t counter_khz() const override { return counter_khz_; }
    void upcall(VcpuId vcpu) override;
    [[nodiscard]] int64_t add_direct(VcpuId vcpu, uint32_t number, int eventfd) override;
    void remove_direct(VcpuId vcpu, uint32_t number, int eventfd) override;
    [[nodiscard]] bool add_doorbell(Port port, int eventfd, pv_doorbell &doorbell) override;
    void remove_doorbell(Port port, int eventfd) override;
    [[nodiscard]] int64_t set_callback(VcpuId caller, const Callback &callback) override;
    [[nodiscard]] int64_t start_vcpu(VcpuId vcpu, const VcpuStart &start) override;
    [[nodiscard]] int64_t map(VcpuId caller, GuestVirtual from, GuestAddress to, uint64_t bytes,
                              uint32_t access) override;
    void hold(VcpuId caller) override;
    void release(VcpuId caller) override;
    void stop() override;

  private:
    struct Direct {
        VcpuId vcpu;
        uint32_t number = 0;
        uint32_t interrupt = 0; // the machine's number of it
    };

    KvmVehicle(Domain &domain, Device device, Machine machine, SharedMemory system,
               uint64_t tables_at);
    [[nodiscard]] bool has_controllers() const
    {
        return machine_.controllers() == Controllers::in_kernel;
    }
    [[nodiscard]] Result<void> map_memory();
    [[nodiscard]] Result<void> make_vcpus();

    Domain &domain_;
    Device device_;
    Machine machine_;
    SharedMemory system_;
    SystemPages system_pages_;
    PageTables tables_;
    std::vector<Direct> directs_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
    uint64_t counter_khz_ = 0;
    bool upcall_callback_ = false;
};

} // namespace paravane::kvm
