// SPDX-License-Identifier: Apache-2.0
//
// What a guest's call costs at least: a bare guest that does nothing but the OUT of a hypercall's stub, and
// a host that does nothing but enter it again.
#pragma once

#include <cstdint>
#include <memory>

#include "hypercall/host/result.hpp"
#include "hypercall/kvm/device.hpp"
#include "hypercall/kvm/machine.hpp"
#include "hypercall/kvm/vcpu.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::bench {

class BareExits {
  public:
    [[nodiscard]] static Result<std::unique_ptr<BareExits>> start(const kvm::Device &device);

    // Nanoseconds an exit, of so many, with this thread as the vCPU's.
    [[nodiscard]] Result<double> measure(uint32_t count);

  private:
    BareExits(SharedMemory code, SharedMemory system, kvm::Machine machine, kvm::Vcpu vcpu);
    [[nodiscard]] Result<void> set_up();

    SharedMemory code_;
    SharedMemory system_;
    kvm::Machine machine_;
    kvm::Vcpu vcpu_;
};

} // namespace paravane::bench
