// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "guest.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t page = PV_PAGE_SIZE;
constexpr uint64_t all_access = PV_PROTECT_READ | PV_PROTECT_WRITE | PV_PROTECT_EXECUTE;
constexpr uint64_t one_gib = uint64_t{1} << 30;

class MemoryCall : public testing::Test {
  protected:
    [[nodiscard]] int64_t memory(uint64_t op, uint64_t a, uint64_t b = 0, uint64_t c = 0,
                                 uint64_t d = 0) const
    {
        return guest_.call(PV_CALL_MEMORY, op, a, b, c, d);
    }
    [[nodiscard]] bool zeroed(uint64_t at, std::size_t bytes) const
    {
        const std::vector<unsigned char> held = guest_.get(at, bytes);
        return std::all_of(held.begin(), held.end(), [](unsigned char byte) { return byte == 0; });
    }
    void fill(uint64_t at, std::size_t bytes) const
    {
        guest_.put(at, std::vector<unsigned char>(bytes, 0xa5));
    }
    Guest guest_;
};

TEST_F(MemoryCall, TellsOfEachRegion)
{
    struct Expected {
        uint64_t base, bytes;
        uint32_t flags;
    };
    const std::array<Expected, 6> expected = {
        {{0, ram_bytes, PV_MEMORY_RAM},
         {PV_HOST_PAGES, PV_HOST_PAGES_SIZE, PV_MEMORY_HOST_WRITES},
         {PV_EVENT_AREA, sizeof(pv_event_area), PV_MEMORY_SHARED},
         {PV_GRANT_TABLE, PV_GRANT_TABLE_SIZE, PV_MEMORY_SHARED},
         {PV_STORE_AREA, PV_STORE_AREA_SIZE, PV_MEMORY_SHARED},
         {PV_ARENAS, uint64_t{16} << 20, PV_MEMORY_ARENA}}};
    for (uint64_t index = 0; index < expected.size(); index++) {
        fill(0x5000, sizeof(pv_memory_region));
        ASSERT_EQ(memory(PV_MEMORY_REGION, index, 0x5000), 0) << index;
        const auto region = guest_.get<pv_memory_region>(0x5000);
        EXPECT_EQ(pv_le64_get(region.base), expected[index].base);
        EXPECT_EQ(pv_le64_get(region.bytes), expected[index].bytes);
        EXPECT_EQ(pv_le32_get(region.flags), expected[index].flags);
        EXPECT_EQ(pv_le32_get(region.node), 0U);
        EXPECT_EQ(pv_le64_get(region.reserved), 0U);
    }
    EXPECT_EQ(memory(PV_MEMORY_REGION, expected.size(), 0x5000), -PV_ENOENT);
    EXPECT_EQ(memory(PV_MEMORY_REGION, UINT32_MAX, 0x5000), -PV_ENOENT);
    EXPECT_EQ(memory(PV_MEMORY_REGION, beyond_32, 0x5000), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_REGION, UINT64_MAX, 0x5000), -PV_EINVAL);
}

TEST_F(MemoryCall, TellsOfRegionsInWritableMemoryAlone)
{
    constexpr uint64_t bytes = sizeof(pv_memory_region);
    EXPECT_EQ(memory(PV_MEMORY_REGION, 0, ram_bytes - bytes), 0);
    EXPECT_EQ(memory(PV_MEMORY_REGION, 0, PV_EVENT_AREA + sizeof(pv_event_area) - bytes), 0);
    for (const uint64_t to : {ram_bytes - bytes + 1, ram_bytes, hole, PV_START_INFO, PV_TIME_PAGE,
                              PV_HYPERCALL_PAGE, PV_HOST_PAGES - 1, UINT64_MAX - 7})
        EXPECT_EQ(memory(PV_MEMORY_REGION, 0, to), -PV_EFAULT) << to;
}

TEST_F(MemoryCall, ReleasesAndPopulatesWithZeros)
{
    fill(0, ram_bytes);
    EXPECT_EQ(memory(PV_MEMORY_RELEASE, 4 * page, 2 * page), 0);
    EXPECT_TRUE(zeroed(4 * page, 2 * page));
    EXPECT_FALSE(zeroed(4 * page - 1, 1));
    EXPECT_FALSE(zeroed(6 * page, 1));
    EXPECT_EQ(memory(PV_MEMORY_POPULATE, 4 * page, 2 * page), 0);
    EXPECT_TRUE(zeroed(4 * page, 2 * page));
    // What was not released keeps what it holds.
    EXPECT_EQ(memory(PV_MEMORY_POPULATE, 0, 8 * page), 0);
    EXPECT_FALSE(zeroed(6 * page, 1));
    EXPECT_EQ(memory(PV_MEMORY_RELEASE, 0, ram_bytes), 0);
    EXPECT_TRUE(zeroed(0, ram_bytes));
    EXPECT_EQ(memory(PV_MEMORY_RELEASE, ram_bytes - page, page), 0);
}

TEST_F(MemoryCall, GivesFramesBack)
{
    const int fd = guest_.domain->memory().at({0})->memory.fd();
    const auto frames = [fd] {
        struct stat status = {};
        EXPECT_EQ(fstat(fd, &status), 0);
        return status.st_blocks;
    };
    fill(0, 16 * page);
    const auto before = frames();
    EXPECT_EQ(memory(PV_MEMORY_RELEASE, 0, 16 * page), 0);
    EXPECT_LT(frames(), before);
    EXPECT_EQ(memory(PV_MEMORY_POPULATE, 0, 16 * page), 0);
    EXPECT_EQ(frames(), before);
}

TEST_F(MemoryCall, ReleasesRamAlone)
{
    for (const uint64_t op : {PV_MEMORY_RELEASE, PV_MEMORY_POPULATE}) {
        EXPECT_EQ(memory(op, PV_HOST_PAGES, page), -PV_EPERM);
        EXPECT_EQ(memory(op, PV_EVENT_AREA, page), -PV_EPERM);
        EXPECT_EQ(memory(op, PV_STORE_AREA, page), -PV_EPERM);
        EXPECT_EQ(memory(op, PV_GRANT_TABLE, page), -PV_EPERM);
        EXPECT_EQ(memory(op, PV_ARENAS, page), -PV_EPERM);
        EXPECT_EQ(memory(op, PV_SYSTEM_PAGES, page), -PV_EFAULT);
        EXPECT_EQ(memory(op, ram_bytes, page), -PV_EFAULT);
        EXPECT_EQ(memory(op, ram_bytes - page, 2 * page), -PV_EFAULT);
        EXPECT_EQ(memory(op, 0, one_gib), -PV_EFAULT);
        EXPECT_EQ(memory(op, UINT64_MAX - page + 1, page), -PV_EINVAL);
    }
}

TEST_F(MemoryCall, TakesRangesOfWholePages)
{
    for (const uint64_t op : {PV_MEMORY_RELEASE, PV_MEMORY_POPULATE}) {
        for (const uint64_t from : {uint64_t{1}, page - 1, page + 8})
            EXPECT_EQ(memory(op, from, page), -PV_EINVAL) << from;
        for (const uint64_t bytes : {uint64_t{0}, uint64_t{1}, page - 1, page + 1, one_gib + page,
                                     UINT64_MAX - page + 1, UINT64_MAX})
            EXPECT_EQ(memory(op, 0, bytes), -PV_EINVAL) << bytes;
    }
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, 1, page), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, 0, 0), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, page, one_gib + page), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, UINT64_MAX - page + 1, 2 * page), -PV_EINVAL);
    EXPECT_TRUE(guest_.vehicle.mappings.empty());
}

TEST_F(MemoryCall, ProtectsWhatTheGuestMayWrite)
{
    constexpr uint64_t base = PV_GUEST_VIRTUAL_BASE;
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + page, page, PV_PROTECT_WRITE), 0);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base, ram_bytes, 0), 0);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 2U);
    EXPECT_EQ(guest_.vehicle.mappings[0].from.value, base + page);
    EXPECT_EQ(guest_.vehicle.mappings[0].to.value, page);
    EXPECT_EQ(guest_.vehicle.mappings[0].bytes, page);
    EXPECT_EQ(guest_.vehicle.mappings[0].access, PV_PROTECT_READ | PV_PROTECT_WRITE);
    EXPECT_EQ(guest_.vehicle.mappings[1].access, PV_PROTECT_READ);

    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + PV_HYPERCALL_PAGE, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + PV_SYSTEM_PAGES, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + PV_DOORBELLS, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + ram_bytes - page, 2 * page, 0), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base - page, page, 0), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, 0, page, 0), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base + 1, page, 0), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, base, 0, 0), -PV_EINVAL);
    for (const uint64_t access : {all_access + 1, beyond_32, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(memory(PV_MEMORY_PROTECT, base, page, access), -PV_EINVAL) << access;
    EXPECT_EQ(guest_.vehicle.mappings.size(), 2U);
}

TEST_F(MemoryCall, MapsWhatTheGuestMayWrite)
{
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, page, page, PV_PROTECT_EXECUTE), 0);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 1U);
    EXPECT_EQ(guest_.vehicle.mappings[0].from.value, 0x10000U);
    EXPECT_EQ(guest_.vehicle.mappings[0].to.value, page);
    EXPECT_EQ(guest_.vehicle.mappings[0].bytes, page);
    EXPECT_EQ(guest_.vehicle.mappings[0].access, PV_PROTECT_EXECUTE);

    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, PV_START_INFO, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, PV_SYSTEM_PAGES, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, hole, page, all_access), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, ram_bytes - page, 2 * page, 1), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, UINT64_MAX - page + 1, page, 1), -PV_EFAULT);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10001, 0, page, 1), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, 1, page, 1), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, 0, page + 1, 1), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, 0, 0, 1), -PV_EINVAL);
    EXPECT_EQ(memory(PV_MEMORY_MAP, UINT64_MAX - page + 1, 0, page, 1), -PV_EINVAL);
    for (const uint64_t access : {uint64_t{0}, all_access + 1, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, 0, page, access), -PV_EINVAL) << access;
    EXPECT_EQ(guest_.vehicle.mappings.size(), 1U);
}

// The host's own tables lie there: a guest that put its memory in their place would be the processor's
// supervisor.
TEST_F(MemoryCall, LeavesTheHostsPagesWhereTheyAre)
{
    for (const uint64_t place : {PV_SYSTEM_PAGES, PV_HYPERCALL_PAGE, PV_TIME_PAGE, PV_DOORBELLS}) {
        const uint64_t from = PV_GUEST_VIRTUAL_BASE + place;
        EXPECT_LT(memory(PV_MEMORY_MAP, from, 0, page, all_access), 0) << place;
        EXPECT_LT(memory(PV_MEMORY_UNMAP, from, page), 0) << place;
    }
    // Nor a range that only reaches into them.
    EXPECT_LT(memory(PV_MEMORY_UNMAP, PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES - page, 2 * page), 0);
    EXPECT_LT(memory(PV_MEMORY_UNMAP, PV_GUEST_VIRTUAL_BASE + PV_RAM_HOLE_END - page, 2 * page), 0);
    EXPECT_LT(memory(PV_MEMORY_UNMAP, PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES - page, one_gib), 0);
    EXPECT_TRUE(guest_.vehicle.mappings.empty());
}

TEST_F(MemoryCall, MapsUpToTheHostsPagesAndBehind)
{
    constexpr uint64_t hosts = PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES;
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, hosts - page, page), 0);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, PV_GUEST_VIRTUAL_BASE + PV_RAM_HOLE_END, page), 0);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, (uint64_t{1} << 47) - page, page), 0);
}

TEST_F(MemoryCall, MapsNothingWhereNoAddressIs)
{
    const uint64_t not_canonical = uint64_t{1} << 47;
    EXPECT_LT(memory(PV_MEMORY_MAP, not_canonical, 0, page, all_access), 0);
    EXPECT_LT(memory(PV_MEMORY_MAP, not_canonical - page, 0, 2 * page, all_access), 0);
    EXPECT_LT(memory(PV_MEMORY_UNMAP, not_canonical, page), 0);
    EXPECT_TRUE(guest_.vehicle.mappings.empty());
}

TEST_F(MemoryCall, UnmapsByNoAccess)
{
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, 0x10000, page), 0);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 1U);
    EXPECT_EQ(guest_.vehicle.mappings[0].from.value, 0x10000U);
    EXPECT_EQ(guest_.vehicle.mappings[0].bytes, page);
    EXPECT_EQ(guest_.vehicle.mappings[0].access, 0U);
}

TEST_F(MemoryCall, PassesOnWhatTheVehicleSays)
{
    guest_.vehicle.map_result = -PV_ENOSYS;
    EXPECT_EQ(memory(PV_MEMORY_MAP, 0x10000, 0, page, 1), -PV_ENOSYS);
    EXPECT_EQ(memory(PV_MEMORY_UNMAP, 0x10000, page), -PV_ENOSYS);
    EXPECT_EQ(memory(PV_MEMORY_PROTECT, PV_GUEST_VIRTUAL_BASE, page, 1), -PV_ENOSYS);
}

} // namespace
} // namespace paravane::hypercall_test
