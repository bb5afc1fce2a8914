// SPDX-License-Identifier: Apache-2.0
//
// The probe's guest: a KVM machine with one vCPU that carries out the commands of guest_layout.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/kvm/device.hpp"
#include "hypercall/kvm/machine.hpp"
#include "hypercall/kvm/vcpu.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::probe {

// The privilege level at which it runs from its first instruction on.
enum class Level { cpl0, cpl3 };

class Guest {
  public:
    // Starts it and runs it until it is ready for a command.
    [[nodiscard]] static Result<std::unique_ptr<Guest>> start(const kvm::Device &device,
                                                              Level level);

    // Carries out a command, with this thread as the vCPU's. Nanoseconds from entering the guest until it
    // was ready again. After a Problem the guest is of no use any more, and says so.
    [[nodiscard]] Result<double> run(uint32_t command, uint32_t count);

    // Carries out PROBE_SPIN or PROBE_HALT while `beside` runs in a thread of its own; when that returns,
    // the guest ends the command.
    [[nodiscard]] Result<void> run_beside(uint32_t command, const std::function<void()> &beside);

    // Its code segment's selector: the lowest two bits are its privilege level.
    [[nodiscard]] uint32_t code_selector() const;

    // Whether KVM delivers interrupts to it, which needs controllers in the kernel.
    [[nodiscard]] bool takes_interrupts() const
    {
        return machine_.controllers() == kvm::Controllers::in_kernel;
    }
    // Both doorbells and, where it takes interrupts, one of those; once.
    [[nodiscard]] Result<void> connect();
    // How often the doorbells rang since the last call.
    [[nodiscard]] uint64_t take_rings() const;

    // These four are for `beside` too.
    void raise_interrupt() const;
    // Interrupts that the guest has handled, modulo 2^32.
    [[nodiscard]] uint32_t handled() const;
    // How often its vCPU was put to sleep.
    [[nodiscard]] uint32_t halts() const { return halts_.load(std::memory_order_acquire); }
    // If not, nothing will be answered any more.
    [[nodiscard]] bool running() const { return running_.load(std::memory_order_acquire); }

  private:
    Guest(SharedMemory ram, SharedMemory system, kvm::Machine machine, kvm::Vcpu vcpu);

    [[nodiscard]] Result<void> set_up(Level level);
    // Until it writes to PROBE_PORT_READY.
    [[nodiscard]] Result<void> run_until_ready();
    [[nodiscard]] Result<void> handle_exit(bool &ready);

    SharedMemory ram_;
    SharedMemory system_;
    kvm::Machine machine_;
    kvm::Vcpu vcpu_;
    UniqueFd bell_;
    UniqueFd interrupt_;
    std::atomic<uint32_t> halts_ = 0;
    std::atomic<bool> running_ = false;
    bool lost_ = false;
};

} // namespace paravane::probe
