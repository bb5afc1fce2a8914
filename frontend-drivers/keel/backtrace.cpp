// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/backtrace.hpp"

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

extern "C" {
extern const char keel_code_begin[];
extern const char keel_code_end[];
}

namespace keel {

namespace {

constexpr uint32_t frames_max = 64;
// The one-byte opcode of a direct call, and the bytes of the whole.
constexpr uint8_t call_opcode = 0xe8;
constexpr uint64_t call_bytes = 5;
// No function of ours is longer.
constexpr uint64_t function_max = 0x4000;

struct Frame {
    uint64_t caller;
    uint64_t return_address;
};

// Whatever registers held, nothing but this vCPU's own stacks is read.
template <typename T> bool read_stack(uint64_t at, T &value)
{
    const uint64_t block = number_of(&this_stack());

    if (at < block || at > block + KEEL_STACK_BLOCK - sizeof(T) || at % alignof(T) != 0)
        return false;
    value = *pointer_to<T>(at);
    return true;
}

// There is a direct call before this address, to the function in which `rip` is.
bool returns_from(uint64_t address, uint64_t rip)
{
    if (address < number_of(keel_code_begin) + call_bytes || address >= number_of(keel_code_end) ||
        *pointer_to<const uint8_t>(address - call_bytes) != call_opcode)
        return false;
    int32_t distance = 0;
    __builtin_memcpy(&distance, pointer_to<const void>(address - sizeof(distance)),
                     sizeof(distance));
    const uint64_t called = address + static_cast<uint64_t>(int64_t{distance});
    return rip >= called && rip - called < function_max;
}

void print_call(uint64_t return_address)
{
    print("@pv frame {x}", return_address - 1);
}

} // namespace

void print_backtrace(uint64_t frame_pointer)
{
    Frame frame = {};

    for (uint32_t count = 0; count < frames_max; count++) {
        if (!read_stack(frame_pointer, frame) || frame.return_address == 0)
            return;
        print_call(frame.return_address);
        if (frame.caller <= frame_pointer)
            return;
        frame_pointer = frame.caller;
    }
}

void print_backtrace(const ExceptionFrame &frame)
{
    Frame first = {};
    uint64_t top = 0;

    print("@pv frame {x}", frame.rip);
    // Compilers make no frame for a function that does not use the stack: its caller is known by the
    // return address alone.
    if (read_stack(frame.rsp, top) && returns_from(top, frame.rip) &&
        !(read_stack(frame.rbp, first) && first.return_address == top))
        print_call(top);
    print_backtrace(frame.rbp);
}

} // namespace keel
