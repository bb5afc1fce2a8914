// SPDX-License-Identifier: Apache-2.0
//
// What a guest does with its own grants: size, table, map, unmap and copy.
#include <gtest/gtest.h>

#include "grants.hpp"

namespace paravane::hypercall_test {
namespace {

constexpr uint64_t place = 0x40000000; // virtual
constexpr uint64_t read_write = PV_PROTECT_READ | PV_PROTECT_WRITE;
constexpr uint64_t copies_at = 0x2000;

class GrantCall : public testing::Test {
  protected:
    [[nodiscard]] int64_t grant(uint64_t op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                                uint64_t d = 0) const
    {
        return guest_.call(PV_CALL_GRANT, op, a, b, c, d);
    }
    [[nodiscard]] int64_t map(uint64_t number, uint64_t at = place,
                              uint64_t access = read_write) const
    {
        return grant(PV_GRANT_MAP, self.value, number, at, access);
    }
    void put_copy(uint32_t index, const pv_grant_copy &copy, uint64_t at = copies_at) const
    {
        guest_.put(at + index * sizeof(copy), copy);
    }
    [[nodiscard]] int64_t copy(const pv_grant_copy &one) const
    {
        put_copy(0, one);
        return grant(PV_GRANT_COPY, copies_at, 1);
    }
    Guest guest_;
};

pv_grant_copy wanted(uint32_t number, uint64_t offset, uint64_t address, uint32_t bytes,
                     uint32_t flags)
{
    return {pv_le32_of(self.value), pv_le32_of(number), pv_le64_of(offset),
            pv_le64_of(address),    pv_le32_of(bytes),  pv_le32_of(flags)};
}

TEST_F(GrantCall, TellsOfTheTable)
{
    EXPECT_EQ(grant(PV_GRANT_QUERY_SIZE), 4096);
    EXPECT_EQ(grant(PV_GRANT_SETUP_TABLE), 0xc0400000);
    for (const uint64_t op : {uint64_t{PV_GRANT_OPS}, beyond_32, UINT64_MAX})
        EXPECT_EQ(grant(op), -PV_EINVAL) << op;
}

TEST_F(GrantCall, MapsWhatTheGuestGrantsItself)
{
    give(guest_, 1, self, first_arena_frame + 2, 3);
    EXPECT_EQ(map(1), 3);
    ASSERT_EQ(guest_.vehicle.mappings.size(), 1U);
    EXPECT_EQ(guest_.vehicle.mappings[0].from.value, place);
    EXPECT_EQ(guest_.vehicle.mappings[0].to.value, PV_ARENAS + 2 * page);
    EXPECT_EQ(guest_.vehicle.mappings[0].bytes, 3 * page);
    EXPECT_EQ(guest_.vehicle.mappings[0].access, read_write);
    EXPECT_EQ(map(1, place + 3 * page, PV_PROTECT_READ), 3);
    EXPECT_EQ(guest_.vehicle.mappings[1].access, PV_PROTECT_READ);

    EXPECT_EQ(grant(PV_GRANT_UNMAP, place), 0);
    EXPECT_EQ(guest_.vehicle.mappings[2].from.value, place);
    EXPECT_EQ(guest_.vehicle.mappings[2].bytes, 3 * page);
    EXPECT_EQ(guest_.vehicle.mappings[2].access, 0U);
    EXPECT_EQ(grant(PV_GRANT_UNMAP, place), -PV_EINVAL);
    EXPECT_EQ(map(1), 3);
}

TEST_F(GrantCall, MapsNothingOfOthers)
{
    give(guest_, 1, other);
    give(guest_, 2, self);
    EXPECT_EQ(map(1), -PV_EACCES);
    for (const DomainId domain : {other, host_domain, DomainId{0xffff}})
        EXPECT_EQ(grant(PV_GRANT_MAP, domain.value, 2, place, read_write), -PV_ESRCH);
    EXPECT_EQ(grant(PV_GRANT_MAP, self.value + beyond_32, 2, place, read_write), -PV_EINVAL);
    EXPECT_EQ(grant(PV_GRANT_MAP, 0x10000, 2, place, read_write), -PV_EINVAL);
    EXPECT_TRUE(guest_.vehicle.mappings.empty());
}

TEST_F(GrantCall, MapsAsTheEntryAllows)
{
    put_entry(guest_, 1, self.value | PV_GRANT_VALID, 1, first_arena_frame);
    EXPECT_EQ(map(1, place, PV_PROTECT_WRITE), -PV_EACCES);
    EXPECT_EQ(map(1, place, PV_PROTECT_READ), 1);
    put_entry(guest_, 2, self.value | PV_GRANT_WRITABLE, 1, first_arena_frame);
    EXPECT_EQ(map(2), -PV_ENOENT);
    put_entry(guest_, 2, self.value | PV_GRANT_VALID | 1U << 31, 1, first_arena_frame);
    EXPECT_EQ(map(2), -PV_ENOENT);
    give(guest_, 2, self, hole / page);
    EXPECT_EQ(map(2), -PV_ENOENT);
    give(guest_, 2, self, PV_SYSTEM_PAGES / page);
    EXPECT_EQ(map(2), -PV_ENOENT);
    give(guest_, 2, self, first_arena_frame, UINT32_MAX);
    EXPECT_EQ(map(2), -PV_ENOENT);
    EXPECT_EQ(guest_.vehicle.mappings.size(), 1U);
}

TEST_F(GrantCall, MapTakesGoodArguments)
{
    give(guest_, 1, self);
    for (const uint64_t number :
         {uint64_t{0}, uint64_t{PV_GRANT_ENTRIES}, beyond_32 + 1, uint64_t{UINT32_MAX}, UINT64_MAX})
        EXPECT_EQ(map(number), -PV_EINVAL) << number;
    for (const uint64_t access : {uint64_t{0}, uint64_t{PV_PROTECT_EXECUTE},
                                  read_write | PV_PROTECT_EXECUTE, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(map(1, place, access), -PV_EINVAL) << access;
    for (const uint64_t at :
         {place + 1, uint64_t{1} << 47, UINT64_MAX - page + 1,
          PV_GUEST_VIRTUAL_BASE + PV_SYSTEM_PAGES, PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES,
          PV_GUEST_VIRTUAL_BASE + PV_RAM_HOLE_END - page})
        EXPECT_EQ(map(1, at), -PV_EINVAL) << at;
    EXPECT_TRUE(guest_.vehicle.mappings.empty());
    EXPECT_EQ(grant(PV_GRANT_UNMAP, place), -PV_EINVAL);
    EXPECT_EQ(grant(PV_GRANT_UNMAP, UINT64_MAX), -PV_EINVAL);
}

TEST_F(GrantCall, MapsNotOverAnotherMapping)
{
    give(guest_, 1, self, first_arena_frame, 2);
    EXPECT_EQ(map(1), 2);
    EXPECT_EQ(map(1), -PV_EBUSY);
    EXPECT_EQ(map(1, place + page), -PV_EBUSY);
    EXPECT_EQ(map(1, place - page), -PV_EBUSY);
    EXPECT_EQ(map(1, place - 2 * page), 2);
    EXPECT_EQ(map(1, place + 2 * page), 2);
    // Only as a whole, from where it begins.
    EXPECT_EQ(grant(PV_GRANT_UNMAP, place + page), -PV_EINVAL);
}

TEST_F(GrantCall, MapsUpToALimit)
{
    give(guest_, 1, self);
    for (std::size_t done = 0; done < Grants::mappings_max; done++)
        ASSERT_EQ(map(1, place + done * page), 1) << done;
    EXPECT_EQ(map(1, place + Grants::mappings_max * page), -PV_ENOSPC);
    EXPECT_EQ(grant(PV_GRANT_UNMAP, place), 0);
    EXPECT_EQ(map(1, place + Grants::mappings_max * page), 1);
}

TEST_F(GrantCall, MapLeavesNothingWhereTheVehicleCannot)
{
    give(guest_, 1, self);
    guest_.vehicle.map_result = -PV_ENOSYS;
    EXPECT_EQ(map(1), -PV_ENOSYS);
    EXPECT_EQ(guest_.vehicle.mappings.back().access, 0U);
    take_back(guest_, 1);
    EXPECT_EQ(revoke(guest_, 1, 0), 0);
    guest_.vehicle.map_result = 0;
    give(guest_, 1, self);
    EXPECT_EQ(map(1), 1);
}

TEST_F(GrantCall, CopiesOutOfAndIntoGrants)
{
    give(guest_, 1, self, first_arena_frame, 32);
    std::vector<unsigned char> bytes(PV_GRANT_COPY_BYTES_MAX);
    for (std::size_t i = 0; i < bytes.size(); i++)
        bytes[i] = static_cast<unsigned char>(i * 7 + i / 256);
    guest_.put(0x100001, bytes);
    EXPECT_EQ(copy(wanted(1, 13, 0x100001, PV_GRANT_COPY_BYTES_MAX, PV_GRANT_COPY_INTO)), 1);
    EXPECT_EQ(guest_.get(PV_ARENAS + 13, bytes.size()), bytes);
    EXPECT_EQ(guest_.get(PV_ARENAS + 12, 1)[0], 0);
    EXPECT_EQ(guest_.get(PV_ARENAS + 13 + bytes.size(), 1)[0], 0);
    EXPECT_EQ(copy(wanted(1, 13, 0x200000, PV_GRANT_COPY_BYTES_MAX, 0)), 1);
    EXPECT_EQ(guest_.get(0x200000, bytes.size()), bytes);
    EXPECT_EQ(copy(wanted(1, 32 * page - 1, 0x200000, 1, 0)), 1);
    // What the host writes may be read, also into a grant.
    EXPECT_EQ(copy(wanted(1, 0, PV_START_INFO, 8, PV_GRANT_COPY_INTO)), 1);
}

TEST_F(GrantCall, CopiesAsTheEntryAllows)
{
    put_entry(guest_, 1, self.value | PV_GRANT_VALID, 1, first_arena_frame);
    EXPECT_EQ(copy(wanted(1, 0, 0x3000, 8, 0)), 1);
    EXPECT_EQ(copy(wanted(1, 0, 0x3000, 8, PV_GRANT_COPY_INTO)), -PV_EACCES);
    EXPECT_EQ(copy(wanted(2, 0, 0x3000, 8, 0)), -PV_ENOENT);
    give(guest_, 2, other);
    EXPECT_EQ(copy(wanted(2, 0, 0x3000, 8, 0)), -PV_EACCES);
    give(guest_, 2, self, PV_START_INFO / page);
    EXPECT_EQ(copy(wanted(2, 0, 0x3000, 8, PV_GRANT_COPY_INTO)), -PV_ENOENT);
    pv_grant_copy foreign = wanted(1, 0, 0x3000, 8, 0);
    for (const DomainId domain : {other, host_domain, DomainId{0xffff}}) {
        foreign.domain = pv_le32_of(domain.value);
        EXPECT_EQ(copy(foreign), -PV_ESRCH);
    }
    foreign.domain = pv_le32_of(0x10000 + self.value);
    EXPECT_EQ(copy(foreign), -PV_EINVAL);
}

TEST_F(GrantCall, CopiesWithinGrantAndMemory)
{
    give(guest_, 1, self, first_arena_frame, 2);
    for (const uint32_t bytes : {0U, PV_GRANT_COPY_BYTES_MAX + 1, UINT32_MAX})
        EXPECT_EQ(copy(wanted(1, 0, 0x3000, bytes, 0)), -PV_EINVAL) << bytes;
    for (const uint32_t flags : {2U, 3U, 1U << 31})
        EXPECT_EQ(copy(wanted(1, 0, 0x3000, 1, flags)), -PV_EINVAL) << flags;
    for (const uint32_t number : {0U, PV_GRANT_ENTRIES, UINT32_MAX})
        EXPECT_EQ(copy(wanted(number, 0, 0x3000, 1, 0)), -PV_EINVAL) << number;
    for (const uint64_t offset : {2 * page, 2 * page - 7, 2 * page + 1, UINT64_MAX, UINT64_MAX - 7})
        EXPECT_EQ(copy(wanted(1, offset, 0x3000, 8, 0)), -PV_EFAULT) << offset;
    for (const uint64_t address :
         {ram_bytes - 7, ram_bytes, hole, PV_SYSTEM_PAGES, UINT64_MAX, UINT64_MAX - 6}) {
        EXPECT_EQ(copy(wanted(1, 0, address, 8, 0)), -PV_EFAULT) << address;
        EXPECT_EQ(copy(wanted(1, 0, address, 8, PV_GRANT_COPY_INTO)), -PV_EFAULT) << address;
    }
    EXPECT_EQ(copy(wanted(1, 0, PV_START_INFO, 8, 0)), -PV_EFAULT);
    EXPECT_EQ(copy(wanted(1, 0, PV_HOST_PAGES - 4, 8, 0)), -PV_EFAULT);
}

TEST_F(GrantCall, CopiesInTheirOrderUpToTheFirstThatIsBad)
{
    give(guest_, 1, self);
    guest_.put(0x3000, uint64_t{0x1234});
    put_copy(0, wanted(1, 0, 0x3000, 8, PV_GRANT_COPY_INTO));
    put_copy(1, wanted(1, 0, 0x3008, 8, 0));
    put_copy(2, wanted(9, 0, 0x3008, 8, 0));
    put_copy(3, wanted(1, 0, 0x3010, 8, 0));
    EXPECT_EQ(grant(PV_GRANT_COPY, copies_at, 4), 2);
    EXPECT_EQ(guest_.get<uint64_t>(0x3008), 0x1234U);
    EXPECT_EQ(guest_.get<uint64_t>(0x3010), 0U);
    // From there on, the error is told.
    EXPECT_EQ(grant(PV_GRANT_COPY, copies_at + 2 * sizeof(pv_grant_copy), 2), -PV_ENOENT);
}

TEST_F(GrantCall, CopiesNoMoreThanItsLimit)
{
    give(guest_, 1, self);
    for (uint32_t index = 0; index <= PV_GRANT_COPY_MAX; index++)
        put_copy(index, wanted(1, 0, 0x8000, 1, 0));
    EXPECT_EQ(grant(PV_GRANT_COPY, copies_at, PV_GRANT_COPY_MAX), PV_GRANT_COPY_MAX);
    for (const uint64_t count :
         {uint64_t{PV_GRANT_COPY_MAX} + 1, beyond_32, beyond_32 + 1, UINT64_MAX})
        EXPECT_EQ(grant(PV_GRANT_COPY, copies_at, count), -PV_EINVAL) << count;
    EXPECT_EQ(grant(PV_GRANT_COPY, hole, 0), 0);
    EXPECT_EQ(grant(PV_GRANT_COPY, hole, 1), -PV_EFAULT);
    EXPECT_EQ(grant(PV_GRANT_COPY, UINT64_MAX - 7, 1), -PV_EFAULT);
    const uint64_t last = ram_bytes - sizeof(pv_grant_copy);
    put_copy(0, wanted(1, 0, 0x8000, 1, 0), last);
    EXPECT_EQ(grant(PV_GRANT_COPY, last, 2), 1);
}

// Two guests that know of each other: neither has a grant or a port of the other.
TEST(GrantsOfAnother, AreNotToBeHad)
{
    DomainSettings neighbours = small_guest();
    neighbours.id = other;
    const Guest one;
    const Guest two(neighbours);
    give(two, 1, self);
    give(one, 1, other);
    EXPECT_EQ(one.call(PV_CALL_GRANT, PV_GRANT_MAP, other.value, 1, place, PV_PROTECT_READ),
              -PV_ESRCH);
    pv_grant_copy copy = wanted(1, 0, 0x3000, 8, 0);
    copy.domain = pv_le32_of(other.value);
    one.put(copies_at, copy);
    EXPECT_EQ(one.call(PV_CALL_GRANT, PV_GRANT_COPY, copies_at, 1), -PV_ESRCH);

    const uint32_t offered = two.port(PV_EVENT_ALLOC_UNBOUND, self.value);
    EXPECT_EQ(one.event(PV_EVENT_BIND_INTERDOMAIN, other.value, offered), -PV_ESRCH);
    EXPECT_EQ(one.event(PV_EVENT_BIND_INTERDOMAIN, self.value, offered), -PV_EINVAL);
    EXPECT_EQ(one.event(PV_EVENT_SEND, offered), -PV_EINVAL);
    EXPECT_EQ(one.event(PV_EVENT_CLOSE, offered), -PV_EINVAL);
    EXPECT_EQ(two.event(PV_EVENT_STATUS, offered), PV_PORT_UNBOUND);
    EXPECT_FALSE(two.pending(offered));
    // Not even the host binds it for a third.
    EXPECT_FALSE(two.domain->bind_host({offered}, {3}).has_value());
}

} // namespace
} // namespace paravane::hypercall_test
