// SPDX-License-Identifier: Apache-2.0
//
// From the first instruction to the program: the order in which the kernel comes to be.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/command_line.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/interrupts.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/panic.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/smp.hpp"
#include "frontend-drivers/keel/start.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

extern "C" {
alignas(KEEL_STACK_BLOCK) constinit keel::StackBlock keel_boot_stack = {};
[[noreturn]] void keel_boot(const pv_start_info *info);
}

namespace keel {

namespace {

constinit Start the_start;
constinit Vcpu boot_vcpu;

void copy_start(const pv_start_info &info, uint64_t counter)
{
    the_start.abi_version = pv_le32_get(info.abi_version);
    the_start.features = pv_le64_get(info.features);
    the_start.domain = pv_le32_get(info.domain);
    the_start.vehicle = pv_le32_get(info.vehicle);
    the_start.vcpus = pv_le32_get(info.vcpus);
    the_start.direct_events = pv_le32_get(info.direct_events);
    the_start.hypercall_page = {pv_le64_get(info.hypercall_page)};
    the_start.time_page = {pv_le64_get(info.time_page)};
    the_start.event_area = {pv_le64_get(info.event_area)};
    the_start.grant_table = {pv_le64_get(info.grant_table)};
    the_start.grant_entries = pv_le64_get(info.grant_entries);
    the_start.command_line = {pv_le64_get(info.command_line)};
    the_start.command_line_bytes = pv_le32_get(info.command_line_bytes);
    the_start.interrupt_end = {pv_le64_get(info.interrupt_end)};
    the_start.ram_base = {pv_le64_get(info.ram_base)};
    the_start.ram_bytes = pv_le64_get(info.ram_bytes);
    the_start.free_base = {pv_le64_get(info.free_base)};
    the_start.store_area = {pv_le64_get(info.store_area)};
    the_start.store_bytes = pv_le64_get(info.store_bytes);
    the_start.store_port = pv_le32_get(info.store_port);
    the_start.arena_base = {pv_le64_get(info.arena_base)};
    the_start.arena_bytes = pv_le64_get(info.arena_bytes);
    the_start.epoch = pv_le64_get(info.epoch);
    the_start.counter = counter;
}

// Without these nothing works, not even saying so.
bool usable(const pv_start_info &info)
{
    return pv_le64_get(info.magic) == PV_START_MAGIC &&
           pv_le32_get(info.abi_version) == PV_ABI_VERSION &&
           pv_le32_get(info.bytes) >= sizeof(info) &&
           pv_le64_get(info.virtual_base) == PV_GUEST_VIRTUAL_BASE;
}

} // namespace

const Start &start()
{
    return the_start;
}

} // namespace keel

void keel_boot(const pv_start_info *info)
{
    using namespace keel;

    const uint64_t counter = clock::counter();
    if (!usable(*info))
        __builtin_trap();
    copy_start(*info, counter);
    prepare_vcpu(boot_vcpu, 0, keel_boot_stack);
    interrupts::take_over_exceptions();
    if (start().vcpus == 0 || start().vcpus > PV_VCPUS_MAX)
        panic("the start info tells of {} vCPUs", start().vcpus);
    memory::initialise();
    grants::initialise();
    interrupts::take_over_interrupts();
    event_loop::bind_ports(boot_vcpu);
    boot_vcpu.online.store(true);
    read_command_line();
    smp::bring_up();
    hypercall::shutdown(PV_SHUTDOWN_POWEROFF, run_program(command_line()));
}
