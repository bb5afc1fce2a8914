// SPDX-License-Identifier: Apache-2.0
//
// Registers of devices: ports, and places in memory, which are numbers here and never pointers. Each access
// leaves the guest, which is what these devices cost; so they are counted.
#pragma once

#include <cstdint>

namespace keel::bare {

// Of all devices but the serial line, which says nothing while something is measured.
inline constinit uint64_t accesses = 0;

inline void out8(uint16_t port, uint8_t value)
{
    accesses++;
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

inline void out32(uint16_t port, uint32_t value)
{
    accesses++;
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

inline uint8_t in8(uint16_t port)
{
    uint8_t value = 0;

    accesses++;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

inline uint32_t in32(uint16_t port)
{
    uint32_t value = 0;

    accesses++;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

inline uint8_t load8(uint64_t address)
{
    uint8_t value = 0;

    accesses++;
    asm volatile("movb (%1), %0" : "=q"(value) : "r"(address) : "memory");
    return value;
}

inline uint16_t load16(uint64_t address)
{
    uint16_t value = 0;

    accesses++;
    asm volatile("movw (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

inline uint32_t load32(uint64_t address)
{
    uint32_t value = 0;

    accesses++;
    asm volatile("movl (%1), %0" : "=r"(value) : "r"(address) : "memory");
    return value;
}

inline void store8(uint64_t address, uint8_t value)
{
    accesses++;
    asm volatile("movb %0, (%1)" : : "q"(value), "r"(address) : "memory");
}

inline void store16(uint64_t address, uint16_t value)
{
    accesses++;
    asm volatile("movw %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

inline void store32(uint64_t address, uint32_t value)
{
    accesses++;
    asm volatile("movl %0, (%1)" : : "r"(value), "r"(address) : "memory");
}

// Devices may not take 64 bits at once.
inline uint64_t load64(uint64_t address)
{
    const uint64_t low = load32(address);

    return low | uint64_t{load32(address + 4)} << 32;
}

inline void store64(uint64_t address, uint64_t value)
{
    store32(address, static_cast<uint32_t>(value));
    store32(address + 4, static_cast<uint32_t>(value >> 32));
}

} // namespace keel::bare
