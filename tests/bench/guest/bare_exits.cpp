// SPDX-License-Identifier: Apache-2.0
#include "guest/bare_exits.hpp"

#include <array>
#include <chrono>

#include "hypercall/kvm/page_tables.hpp"
#include "hypercall/kvm/start_state.hpp"
#include "hypercall/kvm/vcpu_thread.hpp"

namespace paravane::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t code_at = 0x10000;
constexpr uint64_t page = 4096;
constexpr uint64_t system_at = 0x200000;
constexpr uint64_t system_bytes = 0x20000;

// out hypercall_port, eax, and back to it
constexpr std::array<unsigned char, 4> instructions = {0xe7, kvm::hypercall_port, 0xeb, 0xfc};

Result<SharedMemory> make_memory(uint64_t bytes)
{
    std::error_code error;
    SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);

    if (error)
        return Problem{"memory of a bare guest: " + error.message()};
    return memory;
}

} // namespace

BareExits::BareExits(SharedMemory code, SharedMemory system, kvm::Machine machine, kvm::Vcpu vcpu)
    : code_(std::move(code)), system_(std::move(system)), machine_(std::move(machine)),
      vcpu_(std::move(vcpu))
{
}

Result<std::unique_ptr<BareExits>> BareExits::start(const kvm::Device &device)
{
    Result<SharedMemory> memory = make_memory(page);
    if (!memory)
        return memory.error();
    Result<SharedMemory> system = make_memory(system_bytes);
    if (!system)
        return system.error();
    Result<kvm::Machine> machine = kvm::Machine::create(device);
    if (!machine)
        return machine.error();
    const Result<std::vector<kvm_cpuid_entry2>> cpuid = device.supported_cpuid();
    if (!cpuid)
        return cpuid.error();
    Result<kvm::Vcpu> vcpu = kvm::Vcpu::create(device, *machine, 0, *cpuid);
    if (!vcpu)
        return vcpu.error();

    std::unique_ptr<BareExits> guest(new BareExits(std::move(*memory), std::move(*system),
                                                   std::move(*machine), std::move(*vcpu)));
    if (Result<void> done = guest->set_up(); !done)
        return done.error();
    if (Result<double> first = guest->measure(1); !first)
        return first.error();
    return guest;
}

Result<void> BareExits::set_up()
{
    using enum kvm::Access;

    pv_shared_copy_in(code_.at(0), instructions.data(), instructions.size());
    if (Result<void> done = machine_.add_memory({code_at}, code_); !done)
        return done;
    if (Result<void> done = machine_.add_memory({system_at}, system_); !done)
        return done;
    const kvm::SystemPages pages(system_, {system_at}, 1);
    kvm::PageTables tables(system_, {system_at}, kvm::SystemPages::bytes(1));
    if (Result<void> done = tables.map({code_at}, {code_at}, page, read | execute); !done)
        return done;
    if (Result<void> done = tables.map({system_at}, {system_at}, system_bytes, read | write | host);
        !done)
        return done;
    if (Result<void> done = pages.apply(vcpu_, 0, tables.root()); !done)
        return done;
    if (Result<void> done = kvm::start_at(vcpu_, {code_at}, {}, 0); !done)
        return done;
    // Nothing looks at its registers.
    vcpu_.exit().kvm_valid_regs = 0;
    return {};
}

Result<double> BareExits::measure(uint32_t count)
{
    const Clock::time_point start = Clock::now();
    for (uint32_t i = 0; i < count; i++) {
        const int error = vcpu_.run();
        if (error != 0)
            return system_problem("KVM_RUN of a bare guest", error);
        if (vcpu_.exit().exit_reason != KVM_EXIT_IO)
            return Problem{"a bare guest left for reason " +
                           std::to_string(vcpu_.exit().exit_reason)};
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / count;
}

} // namespace paravane::bench
