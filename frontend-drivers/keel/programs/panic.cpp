// SPDX-License-Identifier: Apache-2.0
//
// A page fault three calls deep, each of which must show up in the backtrace.
#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"

namespace keel::program {

namespace {

// Guests have nothing below the base at which their memory is mapped.
constexpr uint64_t nowhere = 0x1000;

// The number that each returns makes the call not the last thing it does.
[[gnu::noinline]] uint32_t store_nowhere(uint32_t value)
{
    *pointer_to<volatile uint32_t>(nowhere) = value;
    return value + 1;
}

[[gnu::noinline]] uint32_t trust_an_address(uint32_t value)
{
    return store_nowhere(value) + 1;
}

[[gnu::noinline]] uint32_t do_something_foolish(uint32_t value)
{
    return trust_an_address(value) + 1;
}

} // namespace

uint32_t panic(Words arguments)
{
    print("panic: storing at an address where there is nothing");
    return do_something_foolish(static_cast<uint32_t>(arguments.size()));
}

} // namespace keel::program
