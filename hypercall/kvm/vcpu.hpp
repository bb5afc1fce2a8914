// SPDX-License-Identifier: Apache-2.0
//
// One vCPU of a KVM machine, used by one thread; kick() alone may be called from others.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include <linux/kvm.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/kvm/machine.hpp"

namespace paravane::kvm {

class Vcpu {
  public:
    [[nodiscard]] static Result<Vcpu> create(const Device &device, const Machine &machine,
                                             uint32_t id, std::span<const kvm_cpuid_entry2> cpuid);
    Vcpu(Vcpu &&other) noexcept;
    Vcpu &operator=(Vcpu &&other) = delete;
    Vcpu(const Vcpu &) = delete;
    Vcpu &operator=(const Vcpu &) = delete;
    ~Vcpu();

    // Runs the guest until it needs something; 0, or the error number of KVM_RUN (EINTR: kicked).
    // kvm_run() then tells what it needs, and registers() holds its registers.
    [[nodiscard]] int run();

    [[nodiscard]] kvm_run &exit() { return *run_; }
    // Bytes of the port access that exit() tells of.
    [[nodiscard]] uint64_t port_value() const;

    // The registers as of the last exit. After set_registers() they take effect at the next run().
    // Where an OUT was the exit, its instruction pointer must be left alone: see complete().
    [[nodiscard]] const kvm_regs &registers() const { return run_->s.regs.regs; }
    void set_result(uint64_t rax);

    // Lets KVM finish the instruction of the last exit without running another one. Needed before the
    // instruction pointer is changed: some KVMs have not moved it past the instruction yet.
    [[nodiscard]] Result<void> complete();
    [[nodiscard]] Result<void> set_registers(const kvm_regs &registers);
    [[nodiscard]] Result<kvm_sregs> system_registers() const;
    [[nodiscard]] Result<void> set_system_registers(const kvm_sregs &registers);

    // How fast its counter (TSC) runs.
    [[nodiscard]] Result<uint64_t> counter_khz() const;

    // With a controller in the kernel: enables it; its spurious vector is 255.
    [[nodiscard]] Result<void> enable_interrupts();
    // Without one: the guest takes this interrupt as soon as it can, at one of the next run()s, before which
    // others may return with KVM_EXIT_IRQ_WINDOW_OPEN. Of several that wait, the last counts.
    void interrupt(uint8_t vector) { waiting_vector_ = vector; }
    [[nodiscard]] bool interrupt_waits() const { return waiting_vector_ != 0; }

    // With a controller in the kernel: sleeps at the next run() until an interrupt, or until it is called
    // back.
    [[nodiscard]] bool halt();
    [[nodiscard]] bool unhalt();

    // Makes a run() that is under way, or the next one, return EINTR. The thread that runs it must
    // handle the signal `kick_signal` with a handler that does nothing.
    void kick(pthread_t thread);
    void forget_kick() { run_->immediate_exit = 0; }

    static constexpr int kick_signal = 10; // SIGUSR1

  private:
    Vcpu(UniqueFd fd, kvm_run *run, uint64_t run_bytes)
        : fd_(std::move(fd)), run_(run), run_bytes_(run_bytes)
    {
    }

    // Has the guest take what waits, or asks KVM to say when it can. 0, or an error number.
    [[nodiscard]] int push_interrupt();

    UniqueFd fd_;
    kvm_run *run_; // mapped, owned
    uint64_t run_bytes_;
    uint8_t waiting_vector_ = 0; // 0: none
};

} // namespace paravane::kvm
