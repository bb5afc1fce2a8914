// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/panic.hpp"

#include <atomic>

#include "frontend-drivers/keel/backtrace.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel {

namespace {

constexpr uint32_t nobody = UINT32_MAX;
std::atomic<uint32_t> panicking = nobody;

// The first vCPU to get here speaks. If it gets here again, it could not: all is over.
void enter()
{
    const uint32_t self = this_vcpu().id;
    uint32_t first = nobody;

    if (panicking.compare_exchange_strong(first, self))
        return;
    if (first == self)
        hypercall::shutdown(PV_SHUTDOWN_CRASH, 0);
    for (;;)
        hypercall::yield();
}

void print_registers(const ExceptionFrame &frame)
{
    print("rax {p}  rbx {p}  rcx {p}  rdx {p}", frame.rax, frame.rbx, frame.rcx, frame.rdx);
    print("rsi {p}  rdi {p}  rbp {p}  rsp {p}", frame.rsi, frame.rdi, frame.rbp, frame.rsp);
    print("r8  {p}  r9  {p}  r10 {p}  r11 {p}", frame.r8, frame.r9, frame.r10, frame.r11);
    print("r12 {p}  r13 {p}  r14 {p}  r15 {p}", frame.r12, frame.r13, frame.r14, frame.r15);
    print("rip {p}  flags {x}  error {x}", frame.rip, frame.rflags, frame.error);
}

} // namespace

void panic_with(std::string_view text)
{
    enter();
    print("@pv panic {}", text);
    print_backtrace(number_of(__builtin_frame_address(0)));
    hypercall::shutdown(PV_SHUTDOWN_CRASH, 0);
}

void panic_at(const ExceptionFrame &frame)
{
    enter();
    print("@pv panic {} at {x} on vCPU {}", exceptions::name_of(frame.vector), frame.rip,
          this_vcpu().id);
    print_registers(frame);
    print_backtrace(frame);
    hypercall::shutdown(PV_SHUTDOWN_CRASH, 0);
}

} // namespace keel
