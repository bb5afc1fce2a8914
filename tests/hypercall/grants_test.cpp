// SPDX-License-Identifier: Apache-2.0
//
// The grant table, and backends that come and go.
#include <sys/mman.h>

#include <gtest/gtest.h>

#include "grants.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t arena_frames = (uint64_t{16} << 20) / PV_PAGE_SIZE;
constexpr uint32_t valid_for_other = other.value | PV_GRANT_VALID;

class GrantTable : public testing::Test {
  protected:
    [[nodiscard]] std::optional<Grant> entry(uint32_t word, uint32_t frames, uint64_t first) const
    {
        put_entry(guest_, 5, word, frames, first);
        return guest_.domain->grants().look_up({5});
    }
    Guest guest_;
};

TEST_F(GrantTable, SaysWhatIsGranted)
{
    const std::optional<Grant> arena = entry(valid_for_other, 3, first_arena_frame + 1);
    ASSERT_TRUE(arena);
    EXPECT_EQ(arena->to, other);
    EXPECT_FALSE(arena->writable);
    EXPECT_EQ(arena->base.value, PV_ARENAS + page);
    EXPECT_EQ(arena->bytes, 3 * page);
    const std::optional<Grant> ram = entry(0xffff | PV_GRANT_VALID | PV_GRANT_WRITABLE, 1024, 0);
    ASSERT_TRUE(ram);
    EXPECT_EQ(ram->to.value, 0xffffU);
    EXPECT_TRUE(ram->writable);
    EXPECT_EQ(ram->bytes, ram_bytes);
}

TEST_F(GrantTable, HasNothingElse)
{
    EXPECT_FALSE(entry(0, 1, 0));
    EXPECT_FALSE(entry(other.value, 1, 0));
    EXPECT_FALSE(entry(other.value | PV_GRANT_WRITABLE, 1, 0));
    for (uint32_t bit = PV_GRANT_WRITABLE << 1; bit != 0; bit <<= 1)
        EXPECT_FALSE(entry(valid_for_other | bit, 1, 0)) << bit;
    EXPECT_FALSE(entry(valid_for_other, 0, 0));
}

TEST_F(GrantTable, CoversMemoryOfTheGuestAlone)
{
    EXPECT_TRUE(entry(valid_for_other, arena_frames, first_arena_frame));
    EXPECT_FALSE(entry(valid_for_other, arena_frames + 1, first_arena_frame));
    EXPECT_FALSE(entry(valid_for_other, 2, ram_bytes / page - 1));
    EXPECT_FALSE(entry(valid_for_other, UINT32_MAX, 0));
    EXPECT_FALSE(entry(valid_for_other, 1, hole / page));
    EXPECT_FALSE(entry(valid_for_other, 1, PV_SYSTEM_PAGES / page));
    EXPECT_FALSE(entry(valid_for_other, 1, PV_START_INFO / page));
    for (const uint64_t first : {UINT64_MAX, UINT64_MAX / page, UINT64_MAX / page + 1,
                                 uint64_t{1} << 52, uint64_t{1} << 63})
        EXPECT_FALSE(entry(valid_for_other, 1, first)) << first;
}

TEST_F(GrantTable, IsOfItsNumber)
{
    put_entry(guest_, PV_GRANT_ENTRIES - 1, valid_for_other, 1, first_arena_frame);
    EXPECT_TRUE(guest_.domain->grants().look_up({PV_GRANT_ENTRIES - 1}));
    EXPECT_TRUE(guest_.domain->grants().valid({PV_GRANT_ENTRIES - 1}));
    EXPECT_FALSE(guest_.domain->grants().look_up({PV_GRANT_ENTRIES - 2}));
    EXPECT_FALSE(guest_.domain->grants().valid({1}));
}

class Attach : public testing::Test {
  protected:
    Guest guest_;
};

TEST_F(Attach, GivesWhatABackendMaySee)
{
    const FakeBackend backend(guest_, {3});
    void *table = mmap(nullptr, PV_GRANT_TABLE_SIZE, PROT_READ, MAP_SHARED, backend.table.get(), 0);
    ASSERT_NE(table, MAP_FAILED);
    give(guest_, 9, other);
    EXPECT_EQ(pv_shared_load_acquire(
                  pv_shared_at(pv_shared_from_pointer(table), 9 * sizeof(pv_grant_entry))),
              other.value | PV_GRANT_VALID | PV_GRANT_WRITABLE);
    EXPECT_NE(mprotect(table, PV_GRANT_TABLE_SIZE, PROT_READ | PROT_WRITE), 0);
    munmap(table, PV_GRANT_TABLE_SIZE);
    EXPECT_EQ(mmap(nullptr, PV_GRANT_TABLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
                   backend.table.get(), 0),
              MAP_FAILED);
    EXPECT_LT(write(backend.table.get(), "x", 1), 0);

    std::error_code error;
    const SharedMemory arena = SharedMemory::adopt(fcntl(backend.arena.get(), F_DUPFD_CLOEXEC, 0),
                                                   error, SharedMemory::Frames::untouched);
    ASSERT_FALSE(error);
    EXPECT_EQ(arena.size(), uint64_t{16} << 20);
    pv_shared_store_relaxed(arena.at(page), 77);
    EXPECT_EQ(pv_le32_get(guest_.get<pv_le32>(PV_ARENAS + page)), 77U);
}

TEST_F(Attach, NeedsAnArena)
{
    DomainSettings settings = small_guest();
    settings.arena = 0;
    const Guest guest(settings);
    const Result<BackendEnd> refused = guest.domain->attach({1});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text, "this guest has no arena, so no backend can serve it");
}

TEST_F(Attach, TakesANumberOnce)
{
    const FakeBackend backend(guest_, {3});
    const Result<BackendEnd> refused = guest_.domain->attach({3});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text, "backend 3 is attached already");
    guest_.domain->detach({4});
    guest_.domain->detach({3});
    guest_.domain->detach({3});
    EXPECT_TRUE(guest_.domain->attach({3}).has_value());
}

TEST_F(Attach, LeavesNoDescriptorBehind)
{
    const std::size_t before = open_descriptors();
    for (uint32_t round = 0; round < 20; round++) {
        const FakeBackend one(guest_, {round});
        const FakeBackend two(guest_, {round + 100});
        guest_.domain->detach({round});
        guest_.domain->detach({round + 100});
    }
    EXPECT_EQ(open_descriptors(), before);
}

} // namespace
} // namespace paravane::hypercall_test
