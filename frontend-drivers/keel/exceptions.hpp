// SPDX-License-Identifier: Apache-2.0
//
// What an exception is, and who may resume it.
#pragma once

#include <cstdint>
#include <string_view>

namespace keel {

// As exception_entry.S leaves it on the exception stack. What a handler changes is resumed with.
struct ExceptionFrame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector;
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

namespace exceptions {

constexpr uint32_t breakpoint = 3;
constexpr uint32_t invalid_opcode = 6;
constexpr uint32_t page_fault = 14;

[[nodiscard]] std::string_view name_of(uint64_t vector);

// True: it was foreseen, and what raised it goes on as the frame then says. Runs on the exception stack
// and must not raise another one.
using Hook = bool (*)(ExceptionFrame &frame);

// For all exceptions of all vCPUs, until it is set to null. Without one each is a panic.
void set_hook(Hook hook);

} // namespace exceptions

} // namespace keel
