// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/end.hpp"

#include <array>

#include "frontend-drivers/keel/bare/layout.h"
#include "frontend-drivers/keel/bare/ports.hpp"
#include "frontend-drivers/keel/bare/serial.hpp"
#include "frontend-drivers/keel/bare/shared.hpp"
#include "frontend-drivers/keel/panic.hpp"

namespace {

constexpr std::size_t exception_count = 32;

struct Gate {
    uint16_t address_low = 0;
    uint16_t code = 0;
    uint8_t stack = 0;
    uint8_t kind = 0;
    uint16_t address_middle = 0;
    uint32_t address_high = 0;
    uint32_t reserved = 0;
};

} // namespace

extern "C" {
extern const std::array<std::array<uint8_t, 16>, exception_count> bare_exception_entries;
alignas(16) constinit std::array<Gate, exception_count> bare_idt = {};
[[noreturn]] void bare_exception(uint64_t vector, uint64_t error, uint64_t instruction);
}

namespace keel::bare {

void end(uint8_t code)
{
    constexpr uint16_t port = 0xf4;

    for (;;)
        out8(port, code);
}

void take_over_exceptions()
{
    constexpr uint8_t interrupt_gate_for_cpl3 = 0xee;
    constexpr uint8_t first_stack = 1;

    for (std::size_t i = 0; i < exception_count; i++) {
        const uint64_t address = device_address(&bare_exception_entries[i]);
        bare_idt[i] = {static_cast<uint16_t>(address),
                       BARE_CODE_CPL3,
                       first_stack,
                       interrupt_gate_for_cpl3,
                       static_cast<uint16_t>(address >> 16),
                       static_cast<uint32_t>(address >> 32),
                       0};
    }
}

} // namespace keel::bare

void keel::panic_with(std::string_view text)
{
    bare::say("panic {}", text);
    bare::end(bare::end_by_panic);
}

void bare_exception(uint64_t vector, uint64_t error, uint64_t instruction)
{
    keel::panic("exception {} ({x}) at {x}", vector, error, instruction);
}
