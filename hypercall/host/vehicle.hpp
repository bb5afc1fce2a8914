// SPDX-License-Identifier: Apache-2.0
//
// What a domain asks of the vehicle that carries its guest. All calls come with the domain's lock held.
#pragma once

#include <array>
#include <cstdint>

#include "hypercall/host/call.hpp"
#include "hypercall/host/guest_address.hpp"
#include <paravane/start_info.h>

namespace paravane {

struct Callback {
    uint32_t kind = 0; // enum pv_callback
    uint32_t which = 0;
    GuestVirtual address; // 0: none from now on
    GuestVirtual stack;   // the caller's, for all its exceptions that have one
};

struct VcpuStart {
    GuestVirtual entry;
    GuestVirtual stack;
    uint64_t argument = 0;
};

// The code of one hypercall.
using Stub = std::array<unsigned char, PV_STUB_SIZE>;

class Vehicle {
  public:
    Vehicle() = default;
    Vehicle(const Vehicle &) = delete;
    Vehicle &operator=(const Vehicle &) = delete;
    virtual ~Vehicle() = default;

    [[nodiscard]] virtual pv_vehicle kind() const = 0;
    // PV_FEATURE_ bits.
    [[nodiscard]] virtual uint64_t features() const = 0;
    [[nodiscard]] virtual Stub stub(uint32_t number) const = 0;
    // Where a guest says that an interrupt was handled; 0 where it need not.
    [[nodiscard]] virtual GuestAddress interrupt_end() const = 0;
    [[nodiscard]] virtual uint64_t counter_khz() const = 0;

    // Wakes the vCPU, or interrupts it: it is to look at its event area.
    virtual void upcall(VcpuId vcpu) = 0;

    // Signals of `eventfd` reach this vCPU as direct event `number`. Errors as guests see them.
    [[nodiscard]] virtual int64_t add_direct(VcpuId vcpu, uint32_t number, int eventfd) = 0;
    virtual void remove_direct(VcpuId vcpu, uint32_t number, int eventfd) = 0;

    // How the guest signals `eventfd` without a call. False: it cannot, and calls `send`.
    [[nodiscard]] virtual bool add_doorbell(Port port, int eventfd, pv_doorbell &doorbell) = 0;
    virtual void remove_doorbell(Port port, int eventfd) = 0;

    [[nodiscard]] virtual int64_t set_callback(VcpuId caller, const Callback &callback) = 0;
    [[nodiscard]] virtual int64_t start_vcpu(VcpuId vcpu, const VcpuStart &start) = 0;

    // access: PV_PROTECT_ bits, 0 unmaps. The ranges were checked.
    [[nodiscard]] virtual int64_t map(VcpuId caller, GuestVirtual from, GuestAddress to,
                                      uint64_t bytes, uint32_t access) = 0;

    // All vCPUs but the caller's stand still until release(): at once where the vehicle can stop them, else
    // from their next hypercall on. May be nested.
    virtual void hold(VcpuId caller) = 0;
    virtual void release(VcpuId caller) = 0;

    // All vCPUs are to leave the guest and end.
    virtual void stop() = 0;
};

} // namespace paravane
