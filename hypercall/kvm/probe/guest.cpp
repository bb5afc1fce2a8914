// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/guest.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sys/eventfd.h>

#include "hypercall/kvm/page_tables.hpp"
#include "hypercall/kvm/probe/guest_layout.h"
#include "hypercall/kvm/probe/watchdog.hpp"
#include "hypercall/kvm/start_state.hpp"

// guest.S
extern "C" {
extern const unsigned char paravane_probe_guest[];
extern const unsigned char paravane_probe_guest_handler[];
extern const unsigned char paravane_probe_guest_end[];
}

namespace paravane::probe {
namespace {

using Clock = std::chrono::steady_clock;

// No command of ours takes so long on a KVM that works.
constexpr std::chrono::milliseconds patience(1000);

pv_shared mailbox(const SharedMemory &ram, uint64_t offset)
{
    return ram.at(PROBE_MAILBOX + offset);
}

Result<SharedMemory> make_memory(uint64_t bytes)
{
    std::error_code error;
    SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error,
                                               SharedMemory::Frames::untouched);
    if (error)
        return Problem{"guest memory: " + error.message()};
    return memory;
}

Result<void> map_all(kvm::PageTables &tables)
{
    struct Piece {
        uint64_t address;
        uint64_t bytes;
        kvm::Access access;
    };
    using enum kvm::Access;
    constexpr uint64_t page = 4096;

    for (const Piece &piece : {
             Piece{PROBE_CODE, page, read | execute},
             Piece{PROBE_MAILBOX, page, read | write},
             Piece{PROBE_STACK_BOTTOM, PROBE_STACK_TOP - PROBE_STACK_BOTTOM, read | write},
             Piece{PROBE_SYSTEM, PROBE_SYSTEM_BYTES, read | write | host},
             Piece{PROBE_MMIO_USER, page, read | write | device},
             Piece{PROBE_MMIO_EVENT, page, read | write | device},
             Piece{PROBE_INTERRUPT_CONTROLLER, page, read | write | device},
         }) {
        Result<void> mapped =
            tables.map({piece.address}, {piece.address}, piece.bytes, piece.access);
        if (!mapped)
            return mapped;
    }
    return {};
}

// What the start state sets up for CPL 3, at CPL 0 instead.
Result<void> raise_privilege(kvm::Vcpu &vcpu)
{
    Result<kvm_sregs> current = vcpu.system_registers();
    if (!current)
        return current.error();
    kvm_sregs &registers = *current;

    registers.cs.dpl = 0;
    registers.cs.selector = 0x10;
    registers.ss.dpl = 0;
    registers.ss.selector = 0x18;
    return vcpu.set_system_registers(registers);
}

} // namespace

Guest::Guest(SharedMemory ram, SharedMemory system, kvm::Machine machine, kvm::Vcpu vcpu)
    : ram_(std::move(ram)), system_(std::move(system)), machine_(std::move(machine)),
      vcpu_(std::move(vcpu))
{
}

Result<std::unique_ptr<Guest>> Guest::start(const kvm::Device &device, Level level)
{
    Result<SharedMemory> ram = make_memory(PROBE_RAM_BYTES);
    if (!ram)
        return ram.error();
    Result<SharedMemory> system = make_memory(PROBE_SYSTEM_BYTES);
    if (!system)
        return system.error();
    const Result<kvm::Controllers> controllers = device.controllers();
    if (!controllers)
        return controllers.error();
    Result<kvm::Machine> machine = kvm::Machine::create(device, *controllers);
    if (!machine)
        return machine.error();
    const Result<std::vector<kvm_cpuid_entry2>> cpuid = device.supported_cpuid();
    if (!cpuid)
        return cpuid.error();
    Result<kvm::Vcpu> vcpu = kvm::Vcpu::create(device, *machine, 0, *cpuid);
    if (!vcpu)
        return vcpu.error();

    std::unique_ptr<Guest> guest(
        new Guest(std::move(*ram), std::move(*system), std::move(*machine), std::move(*vcpu)));
    if (const Result<void> done = guest->set_up(level); !done)
        return done.error();
    if (const Result<void> done = guest->run_until_ready(); !done)
        return done.error();
    return guest;
}

Result<void> Guest::set_up(Level level)
{
    const auto code_bytes = static_cast<uint32_t>(paravane_probe_guest_end - paravane_probe_guest);
    const auto handler_at =
        static_cast<uint64_t>(paravane_probe_guest_handler - paravane_probe_guest);
    pv_shared_copy_in(ram_.at(PROBE_CODE), paravane_probe_guest, code_bytes);
    if (Result<void> done = machine_.add_memory({0}, ram_); !done)
        return done;
    if (Result<void> done = machine_.add_memory({PROBE_SYSTEM}, system_); !done)
        return done;

    kvm::SystemPages pages(system_, {PROBE_SYSTEM}, 1);
    kvm::PageTables tables(system_, {PROBE_SYSTEM}, kvm::SystemPages::bytes(1));
    pages.set_gate(PROBE_VECTOR, {{PROBE_CODE + handler_at}});
    if (Result<void> done = map_all(tables); !done)
        return done;
    if (Result<void> done = pages.apply(vcpu_, 0, tables.root()); !done)
        return done;
    if (level == Level::cpl0) {
        if (Result<void> done = raise_privilege(vcpu_); !done)
            return done;
    }
    if (takes_interrupts()) {
        if (Result<void> done = vcpu_.enable_interrupts(); !done)
            return done;
    }
    return kvm::start_at(vcpu_, {PROBE_CODE}, {PROBE_STACK_TOP}, 0);
}

Result<void> Guest::handle_exit(bool &ready)
{
    const kvm_run &exit = vcpu_.exit();

    switch (exit.exit_reason) {
    case KVM_EXIT_IO:
        ready = exit.io.port == PROBE_PORT_READY;
        if (exit.io.port == PROBE_PORT_HALT) {
            if (!vcpu_.halt())
                return system_problem("put a vCPU to sleep");
            halts_.fetch_add(1, std::memory_order_release);
        }
        return {};
    case KVM_EXIT_MMIO:
        return {};
    case KVM_EXIT_SHUTDOWN:
        return Problem{"the guest met an exception that it has no handler for (KVM_EXIT_SHUTDOWN)"};
    case KVM_EXIT_INTERNAL_ERROR:
        return Problem{fmt::format("KVM gave up on the guest (KVM_EXIT_INTERNAL_ERROR, {})",
                                   exit.internal.suberror)};
    default:
        return Problem{
            fmt::format("the guest left for reason {}, which was not expected", exit.exit_reason)};
    }
}

Result<void> Guest::run_until_ready()
{
    bool ready = false;
    Result<void> done;

    if (lost_)
        return Problem{"the guest was lost in an earlier trial"};
    while (!ready && done) {
        if (const int error = vcpu_.run(); error == 0)
            done = handle_exit(ready);
        else if (error != EINTR)
            done = system_problem("KVM_RUN", error);
        else if (vcpu_.exit().immediate_exit != 0)
            done = Problem{fmt::format("the guest gave no answer in {} ms", patience.count())};
    }
    lost_ = !done;
    return done;
}

Result<double> Guest::run(uint32_t command, uint32_t count)
{
    const Watchdog watchdog(vcpu_, patience);

    pv_shared_store_relaxed(mailbox(ram_, PROBE_AT_COUNT), count);
    pv_shared_store_release(mailbox(ram_, PROBE_AT_COMMAND), command);
    const Clock::time_point start = Clock::now();
    const Result<void> done = run_until_ready();
    const Clock::time_point end = Clock::now();
    if (!done)
        return done.error();
    return std::chrono::duration<double, std::nano>(end - start).count();
}

Result<void> Guest::run_beside(uint32_t command, const std::function<void()> &beside)
{
    pv_shared_store_relaxed(mailbox(ram_, PROBE_AT_STOP), 0);
    running_.store(true, std::memory_order_release);
    std::thread other([&] {
        beside();
        pv_shared_store_release(mailbox(ram_, PROBE_AT_STOP), 1);
        // Should it sleep, it wakes up to see that.
        raise_interrupt();
    });
    const Result<double> done = run(command, 0);
    running_.store(false, std::memory_order_release);
    other.join();
    if (!done)
        return done.error();
    return {};
}

uint32_t Guest::code_selector() const
{
    return pv_shared_load_acquire(mailbox(ram_, PROBE_AT_CS));
}

uint32_t Guest::handled() const
{
    return pv_shared_load_acquire(mailbox(ram_, PROBE_AT_HANDLED));
}

Result<void> Guest::connect()
{
    bell_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    interrupt_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell_ || !interrupt_)
        return system_problem("eventfd");
    for (const kvm::DoorbellPlace &place : {kvm::DoorbellPlace{true, PROBE_PORT_EVENT, 4},
                                            kvm::DoorbellPlace{false, PROBE_MMIO_EVENT, 4}}) {
        if (Result<void> done = machine_.add_doorbell(place, bell_.get()); !done)
            return done;
    }
    if (!takes_interrupts())
        return {};
    if (const Result<uint32_t> number = machine_.add_interrupt(interrupt_.get(), 0, PROBE_VECTOR);
        !number)
        return number.error();
    return {};
}

uint64_t Guest::take_rings() const
{
    eventfd_t rings = 0;
    return eventfd_read(bell_.get(), &rings) == 0 ? rings : 0;
}

void Guest::raise_interrupt() const
{
    (void)eventfd_write(interrupt_.get(), 1);
}

} // namespace paravane::probe
