// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/machine.hpp"

#include <algorithm>
#include <cstring>

#include <sys/ioctl.h>

namespace paravane::kvm {

namespace {

constexpr uint32_t message_address = 0xfee00000;

kvm_msi message(uint32_t vcpu, uint8_t vector)
{
    kvm_msi msi = {};

    msi.address_lo = message_address | vcpu << 12;
    msi.data = vector;
    return msi;
}

kvm_ioeventfd description(const DoorbellPlace &place, int eventfd)
{
    kvm_ioeventfd doorbell = {};

    doorbell.addr = place.address;
    doorbell.len = place.width;
    doorbell.fd = eventfd;
    doorbell.flags = place.port ? 1U << kvm_ioeventfd_flag_nr_pio : 0U;
    return doorbell;
}

} // namespace

Result<Machine> Machine::create(const Device &device, Controllers controllers)
{
    Machine machine;
    Result<UniqueFd> fd = device.make_machine();
    kvm_enable_cap split = {};

    if (!fd)
        return fd.error();
    machine.fd_ = std::move(*fd);
    machine.controllers_ = controllers;
    if (controllers == Controllers::none)
        return machine;
    // The controllers of the vCPUs alone: this machine has no other interrupt hardware.
    split.cap = KVM_CAP_SPLIT_IRQCHIP;
    if (ioctl(machine.fd_.get(), KVM_ENABLE_CAP, &split) != 0)
        return system_problem("KVM's interrupt controllers");
    return machine;
}

Result<void> Machine::add_memory(GuestAddress base, const SharedMemory &memory)
{
    kvm_userspace_memory_region region = {};

    region.slot = static_cast<uint32_t>(slots_.size());
    region.guest_phys_addr = base.value;
    region.memory_size = memory.size();
    region.userspace_addr = memory.at(0).address;
    if (ioctl(fd_.get(), KVM_SET_USER_MEMORY_REGION, &region) != 0)
        return system_problem("guest memory of " + std::to_string(memory.size() >> 10) + " KiB");
    slots_.push_back(region);
    return {};
}

Result<void> Machine::forget_translations(GuestAddress base)
{
    for (const kvm_userspace_memory_region &slot : slots_) {
        if (slot.guest_phys_addr != base.value)
            continue;
        kvm_userspace_memory_region without = slot;
        kvm_userspace_memory_region with = slot;
        without.memory_size = 0;
        if (ioctl(fd_.get(), KVM_SET_USER_MEMORY_REGION, &without) != 0 ||
            ioctl(fd_.get(), KVM_SET_USER_MEMORY_REGION, &with) != 0)
            return system_problem("changing a guest's page tables");
    }
    return {};
}

Result<void> Machine::add_doorbell(const DoorbellPlace &place, int eventfd)
{
    kvm_ioeventfd doorbell = description(place, eventfd);

    if (ioctl(fd_.get(), KVM_IOEVENTFD, &doorbell) != 0)
        return system_problem("a doorbell");
    return {};
}

void Machine::remove_doorbell(const DoorbellPlace &place, int eventfd)
{
    kvm_ioeventfd doorbell = description(place, eventfd);

    doorbell.flags |= 1U << kvm_ioeventfd_flag_nr_deassign;
    (void)ioctl(fd_.get(), KVM_IOEVENTFD, &doorbell);
}

Result<uint32_t> Machine::add_interrupt(int eventfd, uint32_t vcpu, uint8_t vector)
{
    const kvm_msi msi = message(vcpu, vector);
    kvm_irq_routing_entry route = {};
    kvm_irqfd interrupt = {};

    // The lowest number that is free.
    while (std::any_of(routes_.begin(), routes_.end(),
                       [&](const auto &other) { return other.gsi == route.gsi; }))
        route.gsi++;
    route.type = KVM_IRQ_ROUTING_MSI;
    route.u.msi.address_lo = msi.address_lo;
    route.u.msi.data = msi.data;
    routes_.push_back(route);
    if (Result<void> set = set_routes(); !set) {
        routes_.pop_back();
        return set.error();
    }
    interrupt.fd = static_cast<uint32_t>(eventfd);
    interrupt.gsi = route.gsi;
    if (ioctl(fd_.get(), KVM_IRQFD, &interrupt) != 0) {
        Problem problem = system_problem("a direct event");
        routes_.pop_back();
        (void)set_routes();
        return problem;
    }
    return route.gsi;
}

void Machine::remove_interrupt(uint32_t number, int eventfd)
{
    kvm_irqfd interrupt = {};

    interrupt.fd = static_cast<uint32_t>(eventfd);
    interrupt.gsi = number;
    interrupt.flags = KVM_IRQFD_FLAG_DEASSIGN;
    (void)ioctl(fd_.get(), KVM_IRQFD, &interrupt);
    std::erase_if(routes_, [&](const auto &route) { return route.gsi == number; });
    (void)set_routes();
}

void Machine::interrupt(uint32_t vcpu, uint8_t vector) const
{
    kvm_msi msi = message(vcpu, vector);
    (void)ioctl(fd_.get(), KVM_SIGNAL_MSI, &msi);
}

Result<UniqueFd> Machine::make_vcpu(uint32_t vcpu) const
{
    UniqueFd fd(ioctl(fd_.get(), KVM_CREATE_VCPU, vcpu));
    if (!fd)
        return system_problem("vCPU " + std::to_string(vcpu));
    return fd;
}

Result<void> Machine::set_routes()
{
    constexpr std::size_t head_bytes = 8; // how many entries, and flags
    std::vector<unsigned char> table(head_bytes + routes_.size() * sizeof(kvm_irq_routing_entry));
    const auto count = static_cast<uint32_t>(routes_.size());

    std::memcpy(table.data(), &count, sizeof(count));
    std::memcpy(table.data() + head_bytes, routes_.data(), table.size() - head_bytes);
    if (ioctl(fd_.get(), set_routing, table.data()) != 0)
        return system_problem("interrupt routes");
    return {};
}

} // namespace paravane::kvm
