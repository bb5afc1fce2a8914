// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/start_state.hpp"

#include <array>

#include <paravane/hypercall.h>

namespace paravane::kvm {

namespace {

// Offsets in the system pages. The task segments hold the bitmap of I/O ports, all zero: all are open.
constexpr uint64_t gdt_at = 0;
constexpr uint64_t idt_at = 0x1000;
constexpr uint64_t tasks_at = 0x2000;
constexpr uint64_t task_bytes = 0x3000;
constexpr uint64_t ist1_at = 36;
constexpr uint64_t bitmap_at = 104;
constexpr uint64_t bitmap_bytes = 8192 + 1; // the byte after the last port counts as well
constexpr uint32_t task_limit = bitmap_at + bitmap_bytes - 1;

// Selectors that some KVMs expect of 64-bit code at CPL 3, which are Linux' own.
constexpr uint16_t code_selector = 0x33;
constexpr uint16_t data_selector = 0x2b;
constexpr uint16_t first_task_selector = 0x40;
constexpr uint16_t task_descriptor_bytes = 16;

constexpr uint64_t gdt_bytes = first_task_selector + PV_VCPUS_MAX * task_descriptor_bytes;
constexpr uint64_t code_descriptor = 0x00affb000000ffff; // 64-bit, DPL 3
constexpr uint64_t data_descriptor = 0x00cff3000000ffff; // DPL 3

constexpr uint64_t gate_present = uint64_t{1} << 47;
constexpr uint64_t gate_dpl3 = uint64_t{3} << 45;
// An interrupt gate would leave the interrupt flag clear, and nothing at CPL 3 sets it again.
constexpr uint64_t gate_trap = uint64_t{15} << 40;

constexpr uint64_t cr0 = 0x80050033;
constexpr uint64_t cr4 = 0x620;
constexpr uint64_t efer = 0xd01;
// Interrupts on, IOPL 3: which of the bitmap and this opens the ports differs between KVMs.
constexpr uint64_t start_flags = 0x3202;

constexpr uint64_t task_of(uint32_t vcpu)
{
    return tasks_at + vcpu * task_bytes;
}

constexpr uint16_t task_selector(uint32_t vcpu)
{
    return static_cast<uint16_t>(first_task_selector + vcpu * task_descriptor_bytes);
}

kvm_segment segment(uint16_t selector, uint8_t type, bool is_long)
{
    kvm_segment made = {};

    made.limit = 0xffffffff;
    made.selector = selector;
    made.type = type;
    made.present = 1;
    made.dpl = 3;
    made.db = is_long ? 0 : 1;
    made.s = 1;
    made.l = is_long ? 1 : 0;
    made.g = 1;
    return made;
}

} // namespace

SystemPages::SystemPages(const SharedMemory &memory, GuestVirtual mapped, uint32_t vcpus)
    : memory_(memory), mapped_(mapped)
{
    put(gdt_at + (code_selector & ~7U), code_descriptor);
    put(gdt_at + (data_selector & ~7U), data_descriptor);
    for (uint32_t vcpu = 0; vcpu < vcpus; vcpu++) {
        const uint64_t at = mapped.value + task_of(vcpu);
        const uint64_t low =
            task_limit | (at & 0xffffff) << 16 | uint64_t{0x89} << 40 | ((at >> 24) & 0xff) << 56;

        put(gdt_at + task_selector(vcpu), low);
        put(gdt_at + task_selector(vcpu) + 8, at >> 32);
        // The 16 bits at offset 102 say where the bitmap begins.
        put(task_of(vcpu) + 96, bitmap_at << 48);
    }
}

uint64_t SystemPages::bytes(uint32_t vcpus)
{
    return tasks_at + vcpus * task_bytes;
}

void SystemPages::set_gate(uint8_t vector, const Gate &gate)
{
    const uint64_t to = gate.handler.value;
    const uint64_t low = (to & 0xffff) | uint64_t{code_selector} << 16 |
                         (gate.own_stack ? uint64_t{1} << 32 : 0) | gate_trap | gate_dpl3 |
                         gate_present | ((to >> 16) & 0xffff) << 48;
    const uint64_t at = idt_at + vector * uint64_t{16};

    if (to == 0) {
        put(at, 0);
        return;
    }
    put(at + 8, to >> 32);
    put(at, low);
}

void SystemPages::set_exception_stack(uint32_t vcpu, GuestVirtual top)
{
    // Misaligned by 4, so in two halves.
    const std::array<uint32_t, 2> halves = {static_cast<uint32_t>(top.value),
                                            static_cast<uint32_t>(top.value >> 32)};
    pv_shared_copy_in(memory_.at(task_of(vcpu) + ist1_at), halves.data(), sizeof(halves));
}

void SystemPages::put(uint64_t offset, uint64_t value)
{
    pv_shared_copy_in(memory_.at(offset), &value, sizeof(value));
}

Result<void> SystemPages::apply(Vcpu &vcpu, uint32_t id, GuestAddress page_tables) const
{
    Result<kvm_sregs> current = vcpu.system_registers();
    if (!current)
        return current.error();
    kvm_sregs &registers = *current;

    registers.cr0 = cr0;
    registers.cr3 = page_tables.value;
    registers.cr4 = cr4;
    registers.efer = efer;
    registers.cs = segment(code_selector, 11, true);
    registers.ds = segment(data_selector, 3, false);
    registers.es = registers.ds;
    registers.fs = registers.ds;
    registers.gs = registers.ds;
    registers.ss = registers.ds;
    registers.gdt.base = mapped_.value + gdt_at;
    registers.gdt.limit = gdt_bytes - 1;
    registers.idt.base = mapped_.value + idt_at;
    registers.idt.limit = 0xfff;
    registers.tr = {};
    registers.tr.base = mapped_.value + task_of(id);
    registers.tr.limit = task_limit;
    registers.tr.selector = task_selector(id);
    registers.tr.type = 11;
    registers.tr.present = 1;
    return vcpu.set_system_registers(registers);
}

Result<void> start_at(Vcpu &vcpu, GuestVirtual entry, GuestVirtual stack, uint64_t argument)
{
    kvm_regs registers = {};

    registers.rip = entry.value;
    registers.rsp = stack.value;
    registers.rdi = argument;
    registers.rflags = start_flags;
    return vcpu.set_registers(registers);
}

} // namespace paravane::kvm
