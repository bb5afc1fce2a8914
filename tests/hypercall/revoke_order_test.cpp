// SPDX-License-Identifier: Apache-2.0
//
// The order of a revocation's steps, against what a backend and the guest do at its fence. Built under an
// access policy in which they act just then.
#include <chrono>
#include <future>

#include <gtest/gtest.h>

#include "grants.hpp"
#include "tests/backend/fence.hpp"

namespace paravane::hypercall_test {
namespace {

using backend_test::at_fence;
using backend_test::once;
constexpr GrantId grant{5};

class RevokeOrder : public testing::Test {
  protected:
    ~RevokeOrder() override { at_fence = {}; }
    Guest guest_;
};

// Whoever pinned before he could see that the entry is not valid is waited for.
TEST_F(RevokeOrder, LooksForPinsBehindItsFence)
{
    FakeBackend backend(guest_, {1});
    at_fence = once([&] { backend.pins.pin(grant); });
    std::future<int64_t> revocation =
        std::async(std::launch::async, [this] { return revoke(guest_, grant.value, 0); });
    while (guest_.host.overdues == 0 &&
           revocation.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout)
        ;
    EXPECT_EQ(guest_.host.overdues, 1U);
    guest_.domain->detach({1});
    EXPECT_EQ(revocation.get(), 0);
}

// Once it has been seen not to be valid, it is whatever the guest makes of it.
TEST_F(RevokeOrder, LooksAtTheEntryBeforeItsFence)
{
    at_fence = once([&] { give(guest_, grant.value, host_domain); });
    EXPECT_EQ(revoke(guest_, grant.value, 0), 0);
    EXPECT_EQ(revoke(guest_, grant.value, 0), -PV_EBUSY);
}

} // namespace
} // namespace paravane::hypercall_test
