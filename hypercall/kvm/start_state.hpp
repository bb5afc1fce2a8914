// SPDX-License-Identifier: Apache-2.0
//
// The state in which a guest starts: 64-bit mode at CPL 3, all I/O ports open, and descriptor tables in
// the system pages.
#pragma once

#include <cstdint>

#include "hypercall/host/guest_address.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/kvm/page_tables.hpp"
#include "hypercall/kvm/vcpu.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::kvm {

struct Gate {
    GuestVirtual handler;   // 0: none
    bool own_stack = false; // the vCPU's exception stack, not the one that was interrupted
};

// The descriptor tables: they lie at the beginning of the system pages, page tables after them.
class SystemPages {
  public:
    // The guest has `memory` at `mapped`, where only its processor may use it.
    SystemPages(const SharedMemory &memory, GuestVirtual mapped, uint32_t vcpus);

    // Bytes that `vcpus` vCPUs need, a multiple of the page size.
    [[nodiscard]] static uint64_t bytes(uint32_t vcpus);

    void set_gate(uint8_t vector, const Gate &gate);
    // Where the vCPU's frames go for gates with a stack of their own.
    void set_exception_stack(uint32_t vcpu, GuestVirtual top);

    // Sets all system registers of a vCPU; those that a program sees are set by start_at().
    [[nodiscard]] Result<void> apply(Vcpu &vcpu, uint32_t id, GuestAddress page_tables) const;

  private:
    void put(uint64_t offset, uint64_t value);

    const SharedMemory &memory_;
    GuestVirtual mapped_;
};

[[nodiscard]] Result<void> start_at(Vcpu &vcpu, GuestVirtual entry, GuestVirtual stack,
                                    uint64_t argument);

} // namespace paravane::kvm
