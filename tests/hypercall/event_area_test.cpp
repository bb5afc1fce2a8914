// SPDX-License-Identifier: Apache-2.0
//
// What the host does to the event area, to the bit, and that it does nothing else.
#include <gtest/gtest.h>

#include "hypercall/host/event_area.hpp"

namespace paravane::hypercall_test {
namespace {

using Bytes = std::vector<unsigned char>;

class EventAreaTest : public testing::Test {
  protected:
    EventAreaTest()
    {
        std::error_code error;
        memory_ = SharedMemory::create(sizeof(pv_event_area), SharedMemory::Pages::normal, error);
        EXPECT_FALSE(error);
    }
    [[nodiscard]] Bytes bytes() const
    {
        Bytes copy(sizeof(pv_event_area));
        pv_shared_copy_out(copy.data(), memory_.at(0), static_cast<uint32_t>(copy.size()));
        return copy;
    }
    void set(std::size_t at, unsigned char value) const
    {
        Bytes all = bytes();
        all[at] = value;
        pv_shared_copy_in(memory_.at(0), all.data(), static_cast<uint32_t>(all.size()));
    }
    SharedMemory memory_;
    EventArea area_{memory_};
};

TEST_F(EventAreaTest, RaisesPendingSelectorAndUpcall)
{
    EXPECT_TRUE(area_.raise({65}, {2}));
    Bytes expected(sizeof(pv_event_area));
    expected[8] = 2;              // port 65: the second word's second bit
    expected[4096 + 2 * 128] = 2; // vCPU 2 is to look at the second word
    expected[4096 + 2 * 128 + 8] = 1;
    EXPECT_EQ(bytes(), expected);
    EXPECT_TRUE(area_.pending({65}));
    EXPECT_FALSE(area_.pending({64}));
    EXPECT_TRUE(area_.upcall_set({2}));
    EXPECT_FALSE(area_.upcall_set({1}));
    EXPECT_FALSE(area_.raise({65}, {2}));
    EXPECT_EQ(bytes(), expected);
    // Another port while the vCPU has yet to look.
    EXPECT_FALSE(area_.raise({4095}, {2}));
    expected[511] = 0x80;
    expected[4096 + 2 * 128 + 7] = 0x80;
    EXPECT_EQ(bytes(), expected);
}

TEST_F(EventAreaTest, RaisesNobodyForAMaskedPort)
{
    set(512, 2); // port 1
    EXPECT_TRUE(area_.masked({1}));
    EXPECT_FALSE(area_.masked({2}));
    EXPECT_FALSE(area_.raise({1}, {0}));
    Bytes expected(sizeof(pv_event_area));
    expected[0] = 2;
    expected[512] = 2;
    EXPECT_EQ(bytes(), expected);
    EXPECT_TRUE(area_.unmask({1}, {0}));
    expected[512] = 0;
    expected[4096] = 1;
    expected[4096 + 8] = 1;
    EXPECT_EQ(bytes(), expected);
}

TEST_F(EventAreaTest, UnmasksQuietlyWhenNothingIsPending)
{
    set(512, 0xff);
    EXPECT_FALSE(area_.unmask({1}, {0}));
    Bytes expected(sizeof(pv_event_area));
    expected[512] = 0xfd;
    EXPECT_EQ(bytes(), expected);
}

TEST_F(EventAreaTest, ClearsOneBit)
{
    set(0, 0xff);
    area_.clear({3});
    Bytes expected(sizeof(pv_event_area));
    expected[0] = 0xf7;
    EXPECT_EQ(bytes(), expected);
}

// Whatever a guest wrote there.
TEST_F(EventAreaTest, TakesAnyUpcallForSet)
{
    set(4096 + 8 + 3, 0x80);
    EXPECT_TRUE(area_.upcall_set({0}));
    EXPECT_FALSE(area_.raise({1}, {0}));
    EXPECT_EQ(bytes()[4096 + 8], 1);
    EXPECT_EQ(bytes()[4096 + 8 + 3], 0);
}

TEST_F(EventAreaTest, ReachesTheLastVcpu)
{
    EXPECT_TRUE(area_.raise({1}, {PV_VCPUS_MAX - 1}));
    EXPECT_EQ(bytes()[4096 + 31 * 128], 1);
}

} // namespace
} // namespace paravane::hypercall_test
