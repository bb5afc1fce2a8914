// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/vcpu.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

#include <sys/ioctl.h>
#include <sys/mman.h>

namespace paravane::kvm {

namespace {

static_assert(Vcpu::kick_signal == SIGUSR1);

constexpr uint32_t apic_spurious = 0xf0; // offset of a register
constexpr uint32_t apic_enabled = 0x1ff; // on, spurious vector 255

} // namespace

Result<Vcpu> Vcpu::create(const Device &device, const Machine &machine, uint32_t id,
                          std::span<const kvm_cpuid_entry2> cpuid)
{
    if ((static_cast<unsigned int>(device.capability(KVM_CAP_SYNC_REGS)) & KVM_SYNC_X86_REGS) == 0)
        return Problem{"this KVM has no KVM_CAP_SYNC_REGS: Linux 4.17 or later is needed"};
    Result<UniqueFd> fd = machine.make_vcpu(id);
    if (!fd)
        return fd.error();

    void *area =
        mmap(nullptr, device.run_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
    if (area == MAP_FAILED)
        return system_problem("a vCPU's area");
    Vcpu vcpu(std::move(*fd), static_cast<kvm_run *>(area), device.run_bytes());
    vcpu.run_->kvm_valid_regs = KVM_SYNC_X86_REGS;

    CpuidList list(cpuid);
    if (ioctl(vcpu.fd_.get(), CpuidList::set, list.data()) != 0)
        return system_problem("a vCPU's CPUID");
    return vcpu;
}

Vcpu::Vcpu(Vcpu &&other) noexcept
    : fd_(std::move(other.fd_)), run_(std::exchange(other.run_, nullptr)),
      run_bytes_(other.run_bytes_), waiting_vector_(other.waiting_vector_)
{
}

Vcpu::~Vcpu()
{
    if (run_ != nullptr)
        munmap(run_, run_bytes_);
}

int Vcpu::run()
{
    if (waiting_vector_ != 0) {
        if (const int error = push_interrupt(); error != 0)
            return error;
    }
    return ioctl(fd_.get(), KVM_RUN, 0) == 0 ? 0 : errno;
}

int Vcpu::push_interrupt()
{
    kvm_interrupt interrupt = {};

    // As of the last exit, and nothing has run since.
    if (run_->ready_for_interrupt_injection == 0) {
        run_->request_interrupt_window = 1;
        return 0;
    }
    interrupt.irq = waiting_vector_;
    if (ioctl(fd_.get(), KVM_INTERRUPT, &interrupt) != 0)
        return errno;
    run_->request_interrupt_window = 0;
    waiting_vector_ = 0;
    return 0;
}

uint64_t Vcpu::port_value() const
{
    uint64_t value = 0;
    const auto *area = reinterpret_cast<const unsigned char *>(run_);

    std::memcpy(&value, area + run_->io.data_offset,
                std::min<std::size_t>(run_->io.size, sizeof(value)));
    return value;
}

void Vcpu::set_result(uint64_t rax)
{
    run_->s.regs.regs.rax = rax;
    run_->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

Result<void> Vcpu::complete()
{
    const uint8_t before = run_->immediate_exit;

    run_->immediate_exit = 1;
    const int number = run();
    run_->immediate_exit = before;
    if (number != EINTR)
        return system_problem("completing a guest's instruction", number);
    return {};
}

Result<void> Vcpu::set_registers(const kvm_regs &registers)
{
    if (ioctl(fd_.get(), KVM_SET_REGS, &registers) != 0)
        return system_problem("a vCPU's registers");
    run_->s.regs.regs = registers;
    run_->kvm_dirty_regs = 0;
    return {};
}

Result<kvm_sregs> Vcpu::system_registers() const
{
    kvm_sregs registers = {};

    if (ioctl(fd_.get(), KVM_GET_SREGS, &registers) != 0)
        return system_problem("a vCPU's system registers");
    return registers;
}

Result<void> Vcpu::set_system_registers(const kvm_sregs &registers)
{
    if (ioctl(fd_.get(), KVM_SET_SREGS, &registers) != 0)
        return system_problem("a vCPU's system registers");
    return {};
}

Result<uint64_t> Vcpu::counter_khz() const
{
    const int khz = ioctl(fd_.get(), KVM_GET_TSC_KHZ, 0);
    if (khz <= 0)
        return system_problem("the frequency of a vCPU's counter");
    return static_cast<uint64_t>(khz);
}

Result<void> Vcpu::enable_interrupts()
{
    kvm_lapic_state controller = {};

    if (ioctl(fd_.get(), KVM_GET_LAPIC, &controller) != 0)
        return system_problem("a vCPU's interrupt controller");
    std::memcpy(&controller.regs[apic_spurious], &apic_enabled, sizeof(apic_enabled));
    if (ioctl(fd_.get(), KVM_SET_LAPIC, &controller) != 0)
        return system_problem("a vCPU's interrupt controller");
    return {};
}

bool Vcpu::halt()
{
    kvm_mp_state state = {KVM_MP_STATE_HALTED};
    return ioctl(fd_.get(), KVM_SET_MP_STATE, &state) == 0;
}

bool Vcpu::unhalt()
{
    kvm_mp_state state = {KVM_MP_STATE_RUNNABLE};
    return ioctl(fd_.get(), KVM_SET_MP_STATE, &state) == 0;
}

void Vcpu::kick(pthread_t thread)
{
    // Seen by KVM_RUN before it enters the guest; the signal ends one that has.
    __atomic_store_n(&run_->immediate_exit, uint8_t{1}, __ATOMIC_SEQ_CST);
    pthread_kill(thread, kick_signal);
}

} // namespace paravane::kvm
