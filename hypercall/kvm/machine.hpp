// SPDX-License-Identifier: Apache-2.0
//
// A KVM machine: its memory slots, its interrupts and its doorbells.
#pragma once

#include <cstdint>
#include <vector>

#include <linux/kvm.h>

#include "hypercall/host/guest_address.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/kvm/device.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::kvm {

// What a doorbell is for KVM: a write of `width` bytes at this place signals an eventfd and returns to
// the guest without leaving the kernel.
struct DoorbellPlace {
    bool port = false; // an I/O port, not memory
    uint64_t address = 0;
    uint32_t width = 4;
};

// KVM_SET_GSI_ROUTING. As in CpuidList: the kernel's struct has another size in C++ than in C.
inline constexpr unsigned int set_routing = _IOC(_IOC_WRITE, KVMIO, 0x6a, 8);

class Machine {
  public:
    [[nodiscard]] static Result<Machine> create(const Device &device,
                                                Controllers controllers = Controllers::in_kernel);
    [[nodiscard]] Controllers controllers() const { return controllers_; }

    // The memory must stay mapped as long as the machine lives.
    [[nodiscard]] Result<void> add_memory(GuestAddress base, const SharedMemory &memory);
    // Page tables in this memory were changed from here. A KVM that keeps shadows of page tables sees only
    // the guest's own writes to them, and forgets all it knows when the memory goes and comes. No vCPU may
    // be in the guest meanwhile.
    [[nodiscard]] Result<void> forget_translations(GuestAddress base);

    // The eventfd is KVM's too from now on; the caller may close his.
    [[nodiscard]] Result<void> add_doorbell(const DoorbellPlace &place, int eventfd);
    void remove_doorbell(const DoorbellPlace &place, int eventfd);

    // These three need controllers in the kernel.
    //
    // Signals of the eventfd become an interrupt of this vCPU. Its number is the returned one.
    [[nodiscard]] Result<uint32_t> add_interrupt(int eventfd, uint32_t vcpu, uint8_t vector);
    void remove_interrupt(uint32_t number, int eventfd);

    // Raises an interrupt at once.
    void interrupt(uint32_t vcpu, uint8_t vector) const;

    [[nodiscard]] Result<UniqueFd> make_vcpu(uint32_t vcpu) const;

  private:
    [[nodiscard]] Result<void> set_routes();

    UniqueFd fd_;
    Controllers controllers_ = Controllers::in_kernel;
    std::vector<kvm_userspace_memory_region> slots_;
    std::vector<kvm_irq_routing_entry> routes_;
};

} // namespace paravane::kvm
