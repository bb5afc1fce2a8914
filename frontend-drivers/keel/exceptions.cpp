// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/exceptions.hpp"

#include <array>
#include <atomic>

#include "frontend-drivers/keel/panic.hpp"

extern "C" void keel_exception(keel::ExceptionFrame *frame);

namespace keel::exceptions {

namespace {

std::atomic<Hook> hook = nullptr;

constexpr std::array<std::string_view, 32> names = {
    "division error",
    "debug exception",
    "non-maskable interrupt",
    "breakpoint",
    "overflow",
    "bound exceeded",
    "invalid instruction",
    "no floating point",
    "double fault",
    "coprocessor overrun",
    "invalid task segment",
    "segment not present",
    "stack fault",
    "general protection fault",
    "page fault",
    "reserved exception",
    "floating point error",
    "misaligned access",
    "machine check",
    "vector floating point error",
    "virtualization exception",
    "control flow violation",
};

} // namespace

std::string_view name_of(uint64_t vector)
{
    return vector < names.size() && !names[vector].empty() ? names[vector] : "unknown exception";
}

void set_hook(Hook next)
{
    hook.store(next);
}

} // namespace keel::exceptions

void keel_exception(keel::ExceptionFrame *frame)
{
    const keel::exceptions::Hook hook = keel::exceptions::hook.load();

    if (hook == nullptr || !hook(*frame))
        keel::panic_at(*frame);
}
