// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/vehicle.hpp"

#include <algorithm>

#include <paravane/cpuid.h>
#include <paravane/layout.h>

namespace paravane::kvm {

namespace {

constexpr GuestAddress controller = {0xfee00000}; // of a vCPU's interrupts
constexpr uint64_t interrupt_end_at = 0xb0;
constexpr uint64_t doorbell_bytes = 4;
// For small pages, when guests protect parts of their memory.
constexpr uint64_t spare_tables = 256;

GuestVirtual mapped(GuestAddress address)
{
    return {address.value + PV_GUEST_VIRTUAL_BASE};
}

Access access_of(uint32_t protect)
{
    Access access = protect != 0 ? Access::read : Access::none;
    if ((protect & PV_PROTECT_WRITE) != 0)
        access = access | Access::write;
    if ((protect & PV_PROTECT_EXECUTE) != 0)
        access = access | Access::execute;
    return access;
}

DoorbellPlace place_of(Port port)
{
    return {false, PV_DOORBELLS + port.value * doorbell_bytes, doorbell_bytes};
}

uint8_t vector_of(uint32_t number)
{
    return static_cast<uint8_t>(PV_VECTOR_DIRECT + number);
}

uint64_t system_bytes(const Domain &domain)
{
    uint64_t tables = 16 + spare_tables;
    for (const auto &region : domain.memory().regions())
        tables += region->bytes() / (uint64_t{1} << 30) + 2;
    return SystemPages::bytes(domain.vcpu_count()) + tables * PV_PAGE_SIZE;
}

std::vector<kvm_cpuid_entry2> with_ours(std::vector<kvm_cpuid_entry2> cpuid, uint64_t features)
{
    kvm_cpuid_entry2 leaf = {};

    leaf.function = PV_CPUID_SIGNATURE;
    leaf.eax = PV_CPUID_LAST;
    leaf.ebx = PV_CPUID_SIGNATURE_EBX;
    leaf.ecx = PV_CPUID_SIGNATURE_ECX;
    leaf.edx = PV_CPUID_SIGNATURE_EDX;
    cpuid.push_back(leaf);
    leaf.function = PV_CPUID_ABI;
    leaf.eax = PV_ABI_VERSION;
    leaf.ebx = static_cast<uint32_t>(features);
    leaf.ecx = static_cast<uint32_t>(features >> 32);
    leaf.edx = static_cast<uint32_t>(PV_START_INFO / PV_PAGE_SIZE);
    cpuid.push_back(leaf);
    return cpuid;
}

} // namespace

Result<std::unique_ptr<KvmVehicle>> KvmVehicle::create(Domain &domain)
{
    Result<Device> device = Device::open();
    if (!device)
        return device.error();
    const Result<Controllers> controllers = device->controllers();
    if (!controllers)
        return controllers.error();
    Result<Machine> machine = Machine::create(*device, *controllers);
    if (!machine)
        return machine.error();
    std::error_code error;
    SharedMemory system = SharedMemory::create(system_bytes(domain), SharedMemory::Pages::normal,
                                               error, SharedMemory::Frames::untouched);
    if (error)
        return Problem{"memory for page tables: " + error.message()};

    std::unique_ptr<KvmVehicle> vehicle(new KvmVehicle(domain, std::move(*device),
                                                       std::move(*machine), std::move(system),
                                                       SystemPages::bytes(domain.vcpu_count())));
    if (Result<void> done = vehicle->map_memory(); !done)
        return done.error();
    if (Result<void> done = vehicle->make_vcpus(); !done)
        return done.error();
    return vehicle;
}

KvmVehicle::KvmVehicle(Domain &domain, Device device, Machine machine, SharedMemory system,
                       uint64_t tables_at)
    : domain_(domain), device_(std::move(device)), machine_(std::move(machine)),
      system_(std::move(system)),
      system_pages_(system_, mapped({PV_SYSTEM_PAGES}), domain.vcpu_count()),
      tables_(system_, {PV_SYSTEM_PAGES}, tables_at)
{
}

KvmVehicle::~KvmVehicle()
{
    stop();
    join();
}

Result<void> KvmVehicle::map_memory()
{
    for (const auto &region : domain_.memory().regions()) {
        const bool readable_only = (region->flags & PV_MEMORY_HOST_WRITES) != 0;
        const Access access = readable_only ? Access::read : Access::read | Access::write;

        if (Result<void> done = machine_.add_memory(region->base, region->memory); !done)
            return done.error();
        if (Result<void> done =
                tables_.map(mapped(region->base), region->base, region->bytes(), access);
            !done)
            return done.error();
    }
    struct Extra {
        GuestAddress base;
        uint64_t bytes = 0;
        Access access = Access::none;
    };
    const std::array extras = {
        Extra{{PV_HYPERCALL_PAGE}, PV_PAGE_SIZE, Access::read | Access::execute},
        Extra{{PV_DOORBELLS}, PV_LARGE_PAGE_SIZE, Access::read | Access::write | Access::device},
        Extra{controller, has_controllers() ? PV_PAGE_SIZE : 0,
              Access::read | Access::write | Access::device},
        Extra{{PV_SYSTEM_PAGES}, system_.size(), Access::read | Access::write | Access::host},
    };
    for (const Extra &extra : extras) {
        if (Result<void> done =
                tables_.map(mapped(extra.base), extra.base, extra.bytes, extra.access);
            !done)
            return done.error();
    }
    return machine_.add_memory({PV_SYSTEM_PAGES}, system_);
}

Result<void> KvmVehicle::make_vcpus()
{
    Result<std::vector<kvm_cpuid_entry2>> cpuid = device_.supported_cpuid();
    if (!cpuid)
        return cpuid.error();
    const std::vector<kvm_cpuid_entry2> told = with_ours(std::move(*cpuid), features());

    for (uint32_t id = 0; id < domain_.vcpu_count(); id++) {
        Result<Vcpu> vcpu = Vcpu::create(device_, machine_, id, told);
        if (!vcpu)
            return vcpu.error();
        if (Result<void> done = system_pages_.apply(*vcpu, id, tables_.root()); !done)
            return done.error();
        if (has_controllers()) {
            if (Result<void> done = vcpu->enable_interrupts(); !done)
                return done.error();
        }
        Result<uint64_t> khz = vcpu->counter_khz();
        if (!khz)
            return khz.error();
        counter_khz_ = *khz;
        threads_.push_back(std::make_unique<VcpuThread>(domain_, VcpuId{id}, std::move(*vcpu),
                                                        machine_.controllers()));
    }
    return {};
}

void KvmVehicle::begin()
{
    for (const auto &thread : threads_)
        thread->begin();
}

Result<void> KvmVehicle::start(const Image &image, const VcpuStart &start)
{
    begin();
    for (const Segment &segment : image.segments) {
        if (Result<void> done =
                tables_.map(segment.at, segment.to, segment.bytes, access_of(segment.access));
            !done)
            return done.error();
    }
    threads_[0]->start(start);
    return {};
}

void KvmVehicle::join()
{
    for (const auto &thread : threads_)
        thread->join();
}

uint64_t KvmVehicle::features() const
{
    return (has_controllers() ? PV_FEATURE_DIRECT_EVENTS : 0) | PV_FEATURE_DOORBELLS |
           PV_FEATURE_PROTECT | PV_FEATURE_CALLBACKS | PV_FEATURE_SMP | PV_FEATURE_GRANTS;
}

Stub KvmVehicle::stub(uint32_t number) const
{
    Stub code;

    code.fill(0xcc);
    code[0] = 0xb8; // mov eax, number
    for (std::size_t byte = 0; byte < sizeof(number); byte++)
        code[1 + byte] = static_cast<unsigned char>(number >> (8 * byte));
    code[5] = 0xe7; // out port, eax
    code[6] = hypercall_port;
    code[7] = 0xc3; // ret
    return code;
}

GuestAddress KvmVehicle::interrupt_end() const
{
    return {has_controllers() ? controller.value + interrupt_end_at : 0};
}

void KvmVehicle::upcall(VcpuId vcpu)
{
    if (!upcall_callback_)
        threads_[vcpu.value]->wake();
    else if (has_controllers())
        machine_.interrupt(vcpu.value, PV_VECTOR_UPCALL);
    else
        threads_[vcpu.value]->interrupt();
}

int64_t KvmVehicle::add_direct(VcpuId vcpu, uint32_t number, int eventfd)
{
    Result<uint32_t> interrupt = machine_.add_interrupt(eventfd, vcpu.value, vector_of(number));
    if (!interrupt)
        return -PV_ENOSPC;
    directs_.push_back({vcpu, number, *interrupt});
    return 0;
}

void KvmVehicle::remove_direct(VcpuId vcpu, uint32_t number, int eventfd)
{
    const auto found = std::find_if(directs_.begin(), directs_.end(), [&](const Direct &direct) {
        return direct.vcpu == vcpu && direct.number == number;
    });
    if (found == directs_.end())
        return;
    machine_.remove_interrupt(found->interrupt, eventfd);
    directs_.erase(found);
}

bool KvmVehicle::add_doorbell(Port port, int eventfd, pv_doorbell &doorbell)
{
    const DoorbellPlace place = place_of(port);

    if (!machine_.add_doorbell(place, eventfd))
        return false;
    doorbell.space = pv_le32_of(PV_DOORBELL_MEMORY);
    doorbell.width = pv_le32_of(place.width);
    doorbell.address = pv_le64_of(place.address);
    doorbell.value = pv_le64_of(port.value);
    return true;
}

void KvmVehicle::remove_doorbell(Port port, int eventfd)
{
    machine_.remove_doorbell(place_of(port), eventfd);
}

int64_t KvmVehicle::set_callback(VcpuId caller, const Callback &callback)
{
    const Gate gate = {callback.address, callback.stack.value != 0};

    switch (callback.kind) {
    case PV_CALLBACK_EXCEPTION:
        if (gate.own_stack)
            system_pages_.set_exception_stack(caller.value, callback.stack);
        system_pages_.set_gate(static_cast<uint8_t>(callback.which), gate);
        return 0;
    case PV_CALLBACK_UPCALL:
        system_pages_.set_gate(PV_VECTOR_UPCALL, {callback.address, false});
        upcall_callback_ = callback.address.value != 0;
        return 0;
    default:
        if (!has_controllers())
            return -PV_ENOSYS;
        system_pages_.set_gate(vector_of(callback.which), {callback.address, false});
        return 0;
    }
}

int64_t KvmVehicle::start_vcpu(VcpuId vcpu, const VcpuStart &start)
{
    threads_[vcpu.value]->start(start);
    return 0;
}

int64_t KvmVehicle::map(VcpuId caller, GuestVirtual from, GuestAddress to, uint64_t bytes,
                        uint32_t access)
{
    hold(caller);
    const bool mapped = tables_.map(from, to, bytes, access_of(access)).has_value();
    const bool seen = machine_.forget_translations({PV_SYSTEM_PAGES}).has_value();
    release(caller);
    return mapped && seen ? 0 : -PV_ENOMEM;
}

void KvmVehicle::hold(VcpuId caller)
{
    // The caller stands still anyway, and takes no orders of its own.
    for (const auto &thread : threads_) {
        if (thread != threads_[caller.value])
            thread->pause();
    }
}

void KvmVehicle::release(VcpuId caller)
{
    for (const auto &thread : threads_) {
        if (thread != threads_[caller.value])
            thread->resume();
    }
}

void KvmVehicle::stop()
{
    for (const auto &thread : threads_)
        thread->stop();
}

} // namespace paravane::kvm
