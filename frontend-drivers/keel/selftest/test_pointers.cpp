// SPDX-License-Identifier: Apache-2.0
//
// Every pointer that a hypercall takes: holes, edges, what wraps, what only the host writes.
#include <paravane/errors.h>

#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/bad_addresses.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/start.hpp"

namespace keel::selftest {

namespace {

void console_io(Verdict &verdict)
{
    static constexpr std::string_view text = "console-io: this line\n";
    const GuestAddress good = guest_address_of(text.data());

    KEEL_EXPECT_IS(hypercall::console_io(good, text.size()), static_cast<int64_t>(text.size()));
    KEEL_EXPECT_IS(hypercall::console_io(good, 0), int64_t{0});
    KEEL_EXPECT_IS(hypercall::console_io(good, PV_CONSOLE_IO_MAX + 1), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::console_io(good, uint64_t{1} << 32), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::console_io(good, UINT64_MAX), -PV_EINVAL);
    for (uint64_t address : bad_addresses(text.size()))
        KEEL_EXPECT_IS(hypercall::console_io({address}, text.size()), -PV_EFAULT);
}

void last_byte(Verdict &verdict)
{
    const uint64_t end = start().ram_base.value + start().ram_bytes;
    auto *last = pointer_to<volatile char>(virtual_of({end - 1}));
    const char before = *last;

    // If the next byte is not memory; other regions may follow this one.
    *last = '\n';
    const int64_t fits = hypercall::console_io({end - 1}, 1);
    const int64_t too_many = hypercall::console_io({end - 1}, 2);
    *last = before;
    KEEL_EXPECT_IS(fits, int64_t{1});
    if (end != PV_HOST_PAGES)
        KEEL_EXPECT_IS(too_many, -PV_EFAULT);
}

// Where the host has to write its answer: its own pages are no place for it either.
template <typename Call>
void refuses_bad_outputs(Verdict &verdict, uint64_t bytes, const Call &call)
{
    for (uint64_t address : bad_addresses(bytes))
        KEEL_EXPECT_IS(call(address), -PV_EFAULT);
    KEEL_EXPECT_IS(call(PV_START_INFO), -PV_EFAULT);
    KEEL_EXPECT_IS(call(PV_TIME_PAGE), -PV_EFAULT);
}

void region(Verdict &verdict)
{
    pv_memory_region there = {};

    KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_REGION, 0, guest_address_of(&there).value),
                   int64_t{0});
    KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_REGION, 1000, guest_address_of(&there).value),
                   -PV_ENOENT);
    refuses_bad_outputs(verdict, sizeof(there), [](uint64_t address) {
        return hypercall::memory(PV_MEMORY_REGION, 0, address);
    });
}

void doorbell(Verdict &verdict)
{
    const int64_t port = hypercall::event(PV_EVENT_ALLOC_UNBOUND, start().domain);
    KEEL_EXPECT(port > 0);
    const int64_t other =
        hypercall::event(PV_EVENT_BIND_INTERDOMAIN, start().domain, static_cast<uint64_t>(port));
    KEEL_EXPECT(other > 0);
    pv_doorbell there = {};
    const auto at = static_cast<uint64_t>(port);

    KEEL_EXPECT_IS(hypercall::event(PV_EVENT_DOORBELL, at, guest_address_of(&there).value),
                   int64_t{0});
    // Both ends are ours, so there is nobody to ring but by a call.
    KEEL_EXPECT_IS(pv_le32_get(there.space), uint32_t{PV_DOORBELL_CALL});
    refuses_bad_outputs(verdict, sizeof(there), [&](uint64_t address) {
        return hypercall::event(PV_EVENT_DOORBELL, at, address);
    });
    (void)hypercall::event(PV_EVENT_CLOSE, static_cast<uint64_t>(other));
    (void)hypercall::event(PV_EVENT_CLOSE, at);
}

void poll(Verdict &verdict)
{
    for (uint64_t address : bad_addresses(sizeof(uint32_t)))
        KEEL_EXPECT_IS(hypercall::poll({address}, 1, 1), -PV_EFAULT);
}

void multicall(Verdict &verdict)
{
    refuses_bad_outputs(verdict, sizeof(pv_multicall),
                        [](uint64_t address) { return hypercall::multicall({address}, 1); });
}

constexpr std::array<Test, 6> tests = {{
    {"console-io", console_io},
    {"last-byte", last_byte},
    {"pointer-region", region},
    {"pointer-doorbell", doorbell},
    {"pointer-poll", poll},
    {"pointer-multicall", multicall},
}};

} // namespace

std::span<const Test> pointer_tests()
{
    return tests;
}

} // namespace keel::selftest
