// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>

#include <gtest/gtest.h>

#include "hypercall/host/pin_area.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr GrantId one{1};
constexpr GrantId last{PV_GRANT_ENTRIES - 1};

UniqueFd duplicate(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

class PinArea : public testing::Test {
  protected:
    PinArea()
        : domain_(DomainPins::create().value()),
          backend_(
              BackendPins::adopt(duplicate(domain_.area()), duplicate(domain_.unpinned())).value())
    {
    }
    [[nodiscard]] bool signalled() const
    {
        eventfd_t count = 0;
        return eventfd_read(domain_.unpinned(), &count) == 0;
    }
    DomainPins domain_;
    BackendPins backend_;
};

TEST_F(PinArea, CountsEachGrantByItself)
{
    EXPECT_FALSE(domain_.pinned(one));
    backend_.pin(one);
    backend_.pin(last);
    backend_.pin(one);
    EXPECT_EQ(backend_.count(one), 2U);
    EXPECT_TRUE(domain_.pinned(one));
    EXPECT_TRUE(domain_.pinned(last));
    EXPECT_FALSE(domain_.pinned({2}));
    EXPECT_FALSE(domain_.pinned({PV_GRANT_ENTRIES - 2}));
    backend_.unpin(one);
    EXPECT_TRUE(domain_.pinned(one));
    backend_.unpin(one);
    backend_.unpin(last);
    EXPECT_FALSE(domain_.pinned(one));
    EXPECT_FALSE(domain_.pinned(last));
}

TEST_F(PinArea, SignalsWhoWaitsAlone)
{
    backend_.pin(one);
    backend_.unpin(one);
    EXPECT_FALSE(signalled());
    domain_.expect_unpin();
    backend_.pin(one);
    EXPECT_FALSE(signalled());
    backend_.unpin(one);
    EXPECT_TRUE(signalled());
    domain_.expect_nothing();
    backend_.pin(one);
    backend_.unpin(one);
    EXPECT_FALSE(signalled());
}

// A word that somebody else wrote is not one that a backend counts on.
TEST_F(PinArea, KeepsItsCountsToItself)
{
    std::error_code error;
    const SharedMemory area = SharedMemory::adopt(duplicate(domain_.area()).release(), error);
    ASSERT_FALSE(error);
    backend_.pin(one);
    pv_shared_store_relaxed(area.at(offsetof(PinAreaLayout, pins) + sizeof(uint32_t)), 77);
    backend_.pin(one);
    EXPECT_EQ(pv_shared_load_relaxed(area.at(offsetof(PinAreaLayout, pins) + sizeof(uint32_t))),
              2U);
}

TEST(PinAreaTest, TakesOnlyMemoryThatStays)
{
    const UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    UniqueFd unsealed(memfd_create("pins", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    ASSERT_EQ(ftruncate(unsealed.get(), sizeof(PinAreaLayout)), 0);
    EXPECT_FALSE(BackendPins::adopt(std::move(unsealed), duplicate(event.get())).has_value());

    std::error_code error;
    const SharedMemory small = SharedMemory::create(sizeof(PinAreaLayout) - PV_PAGE_SIZE,
                                                    SharedMemory::Pages::normal, error);
    ASSERT_FALSE(error);
    EXPECT_FALSE(BackendPins::adopt(duplicate(small.fd()), duplicate(event.get())).has_value());
    EXPECT_FALSE(BackendPins::adopt(UniqueFd(), duplicate(event.get())).has_value());
}

} // namespace
} // namespace paravane::hypercall_test
