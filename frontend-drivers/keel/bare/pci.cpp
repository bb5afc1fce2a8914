// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/pci.hpp"

#include <algorithm>

#include "frontend-drivers/keel/bare/layout.h"
#include "frontend-drivers/keel/bare/ports.hpp"

namespace keel::bare::pci {

namespace {

constexpr uint16_t address_port = 0xcf8;
constexpr uint16_t data_port = 0xcfc;
constexpr uint32_t enabled = 1U << 31;

constexpr uint32_t command_at = 0x04;
constexpr uint32_t header_at = 0x0c;
constexpr uint32_t bases_at = 0x10;
constexpr uint32_t capabilities_at = 0x34;

constexpr uint32_t command_ports = 1U << 0;
constexpr uint32_t command_memory = 1U << 1;
constexpr uint32_t command_master = 1U << 2;
constexpr uint32_t command_no_interrupt = 1U << 10;

constexpr uint32_t base_is_port = 1U << 0;
constexpr uint32_t base_is_wide = 1U << 2;
constexpr uint32_t port_flags = 0x3;
constexpr uint32_t memory_flags = 0xf;
constexpr uint32_t least_ports = 16;
constexpr uint32_t least_memory = 4096;

constexpr uint32_t bases = 6;
constexpr uint32_t functions = 8;
constexpr uint32_t devices = 32;
constexpr uint32_t nobody = 0xffffffff;

constinit uint32_t next_memory = BARE_DEVICES;
constinit uint32_t next_port = BARE_DEVICE_PORTS;

// `bytes` is a power of two.
uint32_t take(uint32_t &next, uint32_t bytes)
{
    const uint32_t at = (next + bytes - 1) & ~(bytes - 1);

    next = at + bytes;
    return at;
}

template <typename Wanted> std::optional<Function> find(const Wanted &wanted)
{
    for (uint32_t device = 0; device < devices; device++) {
        const Function first(device, 0);
        if (first.vendor_and_device() == nobody)
            continue;
        const bool many = (first.read(header_at) >> 16 & 0x80) != 0;
        for (uint32_t number = 0; number < (many ? functions : 1); number++) {
            const Function function(device, number);
            if (function.vendor_and_device() != nobody && wanted(function))
                return function;
        }
    }
    return std::nullopt;
}

} // namespace

uint32_t Function::read(uint32_t offset) const
{
    out32(address_port, enabled | address_ | offset);
    return in32(data_port);
}

void Function::write(uint32_t offset, uint32_t value) const
{
    out32(address_port, enabled | address_ | offset);
    out32(data_port, value);
}

// How many registers it took: two for an address of 64 bits.
uint32_t Function::place(uint32_t number) const
{
    const uint32_t at = bases_at + number * 4;
    const uint32_t before = read(at);
    const bool port = (before & base_is_port) != 0;
    const bool wide = !port && (before & base_is_wide) != 0;
    const uint32_t flags = port ? port_flags : memory_flags;

    if ((before & ~flags) == 0) {
        write(at, ~flags);
        // Of ports, devices may leave the upper half of the register out.
        const uint32_t bytes = ~(read(at) & ~flags) + 1;
        const uint32_t size = port ? bytes & 0xffff : bytes;
        if (size != 0)
            write(at, port ? take(next_port, std::max(size, least_ports))
                           : take(next_memory, std::max(size, least_memory)));
        if (wide)
            write(at + 4, 0);
    }
    return wide ? 2 : 1;
}

void Function::enable() const
{
    for (uint32_t number = 0; number < bases;)
        number += place(number);
    write(command_at, command_ports | command_memory | command_master | command_no_interrupt);
}

uint64_t Function::base(uint32_t number) const
{
    const uint32_t at = bases_at + number * 4;
    const uint32_t low = read(at);

    if ((low & base_is_port) != 0)
        return low & ~port_flags;
    return (low & ~memory_flags) | ((low & base_is_wide) != 0 ? uint64_t{read(at + 4)} << 32 : 0);
}

std::optional<uint32_t> Function::capability(uint8_t kind, uint32_t after) const
{
    // No list is longer: each takes 4 of 256 bytes.
    constexpr uint32_t most = 64;
    uint32_t at = (after == 0 ? read(capabilities_at) : read(after) >> 8) & 0xfc;

    for (uint32_t seen = 0; at != 0 && seen < most; seen++) {
        const uint32_t head = read(at);
        if ((head & 0xff) == kind)
            return at;
        at = head >> 8 & 0xfc;
    }
    return std::nullopt;
}

std::optional<Function> find_device(uint16_t vendor, uint16_t device)
{
    return find([=](const Function &function) {
        return function.vendor_and_device() == (uint32_t{device} << 16 | vendor);
    });
}

std::optional<Function> find_kind(uint32_t kind, uint32_t mask)
{
    return find([=](const Function &function) { return (function.kind() & mask) == kind; });
}

} // namespace keel::bare::pci
