// SPDX-License-Identifier: Apache-2.0
#include <paravane/errors.h>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

using Calls = std::array<pv_multicall, PV_MULTICALL_MAX + 1>;

pv_multicall entry(uint64_t number, uint64_t a = 0, uint64_t b = 0)
{
    pv_multicall made = {};

    made.number = pv_le64_of(number);
    made.argument[0] = pv_le64_of(a);
    made.argument[1] = pv_le64_of(b);
    made.result = pv_le64_of(0x5555);
    return made;
}

int64_t result_of(const pv_multicall &call)
{
    return static_cast<int64_t>(pv_le64_get(call.result));
}

void carries_out_all(Verdict &verdict)
{
    Calls calls{};

    for (pv_multicall &call : calls)
        call = entry(PV_CALL_VERSION, PV_VERSION_DOMAIN);
    KEEL_EXPECT_IS(hypercall::multicall(guest_address_of(calls.data()), PV_MULTICALL_MAX),
                   int64_t{PV_MULTICALL_MAX});
    for (std::size_t i = 0; i < PV_MULTICALL_MAX; i++)
        KEEL_EXPECT_IS(result_of(calls[i]), int64_t{start().domain});
    KEEL_EXPECT_IS(result_of(calls[PV_MULTICALL_MAX]), int64_t{0x5555});
    KEEL_EXPECT_IS(hypercall::multicall(guest_address_of(calls.data()), 0), int64_t{0});
}

void refuses_too_many(Verdict &verdict)
{
    Calls calls{};
    const GuestAddress at = guest_address_of(calls.data());

    KEEL_EXPECT_IS(hypercall::multicall(at, calls.size()), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::multicall(at, uint64_t{1} << 32), -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::multicall(at, UINT64_MAX), -PV_EINVAL);
}

// One that fails does not keep the next from being carried out.
void fails_one_by_one(Verdict &verdict)
{
    Calls calls{};

    calls[0] = entry(PV_CALLS);
    calls[1] = entry(PV_CALL_VERSION, UINT64_MAX);
    calls[2] = entry(PV_CALL_CONSOLE_IO, UINT64_MAX, 1);
    calls[3] = entry(PV_CALL_MULTICALL, guest_address_of(calls.data()).value, 1);
    calls[4] = entry(PV_CALL_SCHED, PV_SCHED_BLOCK);
    calls[5] = entry(PV_CALL_VCPU, PV_VCPU_DOWN);
    calls[6] = entry(UINT64_MAX);
    calls[7] = entry(PV_CALL_VERSION, PV_VERSION_ABI);
    constexpr std::array<int64_t, 8> wanted = {-PV_ENOSYS, -PV_EINVAL, -PV_EFAULT, -PV_EINVAL,
                                               -PV_EINVAL, -PV_EINVAL, -PV_ENOSYS, PV_ABI_VERSION};
    KEEL_EXPECT_IS(hypercall::multicall(guest_address_of(calls.data()), wanted.size()),
                   static_cast<int64_t>(wanted.size()));
    for (std::size_t i = 0; i < wanted.size(); i++)
        KEEL_EXPECT_IS(result_of(calls[i]), wanted[i]);
}

// The first entries lie in memory, the next is past its end.
void ends_where_memory_ends(Verdict &verdict)
{
    const uint64_t end = start().ram_base.value + start().ram_bytes;
    auto *last = pointer_to<pv_multicall>(virtual_of({end}) - sizeof(pv_multicall));
    const pv_multicall before = *last;

    if (end == PV_HOST_PAGES)
        return verdict.skip("there is memory behind the first region");
    *last = entry(PV_CALL_VERSION, PV_VERSION_ABI);
    const int64_t done = hypercall::multicall(guest_address_of(last), 2);
    const int64_t result = result_of(*last);
    *last = before;
    KEEL_EXPECT_IS(done, int64_t{1});
    KEEL_EXPECT_IS(result, int64_t{PV_ABI_VERSION});
}

constexpr std::array<Test, 4> tests = {{
    {"multicall-all", carries_out_all},
    {"multicall-too-many", refuses_too_many},
    {"multicall-one-by-one", fails_one_by_one},
    {"multicall-at-the-end", ends_where_memory_ends},
}};

} // namespace

std::span<const Test> multicall_tests()
{
    return tests;
}

} // namespace keel::selftest
