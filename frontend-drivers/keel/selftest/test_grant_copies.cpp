// SPDX-License-Identifier: Apache-2.0
//
// A guest's grants to itself: mapped a second time, and copied from and to.
#include <paravane/errors.h>

#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/selftest/skipped_stores.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

constexpr uint64_t page = PV_PAGE_SIZE;
constexpr uint64_t read_write = PV_PROTECT_READ | PV_PROTECT_WRITE;
// Far from everything else.
constexpr uint64_t elsewhere = 0x310000000000;

uint16_t self()
{
    return static_cast<uint16_t>(start().domain);
}

int64_t map(GrantRef grant, uint64_t at, uint64_t access, uint64_t domain)
{
    return hypercall::grant(PV_GRANT_MAP, domain, grant.value, at, access);
}

pv_shared at(uint64_t address)
{
    return {address};
}

void map_own(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const SkippedStores skipped;
    GrantedMemory memory(2, self(), Access::write);

    KEEL_EXPECT(memory.good());
    for (uint32_t round = 1; round <= 20; round++) {
        KEEL_EXPECT_IS(map(memory.ref(), elsewhere, read_write, self()), int64_t{2});
        SkippedStores::store(elsewhere + page + 8, round);
        KEEL_EXPECT_IS(
            pv_shared_load_acquire(pv_shared_at(memory.memory(), static_cast<uint32_t>(page) + 8)),
            round);
        KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_UNMAP, elsewhere), int64_t{0});
        KEEL_EXPECT_IS(skipped.count(), round - 1);
        SkippedStores::store(elsewhere + page + 8, 0);
        KEEL_EXPECT_IS(skipped.count(), round);
    }
    KEEL_EXPECT(memory.revoke());
}

void map_read_only(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const SkippedStores skipped;
    GrantedMemory memory(1, self(), Access::read);

    KEEL_EXPECT(memory.good());
    pv_shared_store_relaxed(memory.memory(), 9);
    KEEL_EXPECT_IS(map(memory.ref(), elsewhere, read_write, self()), -PV_EACCES);
    KEEL_EXPECT_IS(map(memory.ref(), elsewhere, PV_PROTECT_READ, self()), int64_t{1});
    KEEL_EXPECT_IS(pv_shared_load_acquire(at(elsewhere)), uint32_t{9});
    SkippedStores::store(elsewhere, 1);
    KEEL_EXPECT_IS(skipped.count(), uint32_t{1});
    KEEL_EXPECT_IS(pv_shared_load_acquire(memory.memory()), uint32_t{9});
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_UNMAP, elsewhere), int64_t{0});
    KEEL_EXPECT(memory.revoke());
}

void map_bad(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const GrantedMemory memory(1, self(), Access::write);
    const GrantedMemory of_other(1, static_cast<uint16_t>(self() + 1), Access::write);
    const uint32_t none = PV_GRANT_ENTRIES - 1;

    KEEL_EXPECT(memory.good() && of_other.good());
    // What others grant is none of this guest's business, whatever it is.
    for (uint64_t domain : {uint64_t{0}, uint64_t{self()} + 1, uint64_t{UINT16_MAX}})
        KEEL_EXPECT_IS(map(memory.ref(), elsewhere, read_write, domain), -PV_ESRCH);
    KEEL_EXPECT_IS(map(memory.ref(), elsewhere, read_write, uint64_t{1} << 16), -PV_EINVAL);
    KEEL_EXPECT_IS(map(of_other.ref(), elsewhere, read_write, self()), -PV_EACCES);
    KEEL_EXPECT_IS(map({none}, elsewhere, read_write, self()), -PV_ENOENT);
    for (uint32_t number : {0U, PV_GRANT_ENTRIES, UINT32_MAX})
        KEEL_EXPECT_IS(map({number}, elsewhere, read_write, self()), -PV_EINVAL);
    for (uint64_t access : {uint64_t{0}, uint64_t{PV_PROTECT_EXECUTE}, UINT64_MAX})
        KEEL_EXPECT_IS(map(memory.ref(), elsewhere, access, self()), -PV_EINVAL);
    for (uint64_t address : {elsewhere + 1, virtual_of({PV_SYSTEM_PAGES}),
                             virtual_of({PV_HOST_PAGES}), uint64_t{0} - page, uint64_t{1} << 47})
        KEEL_EXPECT(map(memory.ref(), address, read_write, self()) < 0);
    for (uint64_t address : {elsewhere, uint64_t{0}, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_UNMAP, address), -PV_EINVAL);
}

// A mapping that is still there when time is up is taken away.
void revoke_unmaps(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const SkippedStores skipped;
    const uint32_t before = grants::used();
    const Arena::Run run = arena().allocate(1);
    KEEL_EXPECT(run.good());
    const GrantRef grant = grants::grant(run.base, run.pages, self(), Access::write);

    KEEL_EXPECT_IS(map(grant, elsewhere, read_write, self()), int64_t{1});
    KEEL_EXPECT_IS(grants::revoke(grant, clock::millisecond), int64_t{0});
    SkippedStores::store(elsewhere, 1);
    KEEL_EXPECT_IS(skipped.count(), uint32_t{1});
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_UNMAP, elsewhere), -PV_EINVAL);
    KEEL_EXPECT_IS(grants::used(), before);
    KEEL_EXPECT(arena().release(run));
}

int64_t copy(std::span<const pv_grant_copy> copies)
{
    return hypercall::grant(PV_GRANT_COPY, guest_address_of(copies.data()).value, copies.size());
}

pv_grant_copy one_copy(GrantRef grant, uint64_t offset, const void *with, uint32_t bytes,
                       uint32_t flags)
{
    return {pv_le32_of(self()), pv_le32_of(grant.value),
            pv_le64_of(offset), pv_le64_of(guest_address_of(with).value),
            pv_le32_of(bytes),  pv_le32_of(flags)};
}

void copy_own(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    GrantedMemory memory(2, self(), Access::write);
    std::array<unsigned char, 600> out{};
    std::array<unsigned char, 600> back{};

    KEEL_EXPECT(memory.good());
    for (std::size_t i = 0; i < out.size(); i++)
        out[i] = static_cast<unsigned char>(i * 7);
    // Across the pages' border, and back; two in one call.
    const uint64_t offset = page - 100;
    const std::array<pv_grant_copy, 2> copies = {
        one_copy(memory.ref(), offset, out.data(), out.size(), PV_GRANT_COPY_INTO),
        one_copy(memory.ref(), offset, back.data(), back.size(), 0)};
    KEEL_EXPECT_IS(copy(copies), int64_t{2});
    KEEL_EXPECT(out == back);
    KEEL_EXPECT_IS(copy(std::span(copies).first(0)), int64_t{0});
    KEEL_EXPECT(memory.revoke());
    KEEL_EXPECT_IS(copy(copies), -PV_ENOENT);
}

void copy_bad(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    const GrantedMemory memory(1, self(), Access::read);
    std::array<unsigned char, 64> bytes{};
    const auto refused = [&](const pv_grant_copy &wanted) { return copy(std::span(&wanted, 1)); };
    const auto good = one_copy(memory.ref(), 0, bytes.data(), bytes.size(), 0);
    pv_grant_copy bad = good;

    KEEL_EXPECT(memory.good());
    KEEL_EXPECT_IS(refused(good), int64_t{1});
    KEEL_EXPECT_IS(refused(one_copy(memory.ref(), 0, bytes.data(), 8, PV_GRANT_COPY_INTO)),
                   -PV_EACCES);
    KEEL_EXPECT_IS(refused(one_copy(memory.ref(), 0, bytes.data(), 8, 2)), -PV_EINVAL);
    KEEL_EXPECT_IS(refused(one_copy(memory.ref(), 0, bytes.data(), 0, 0)), -PV_EINVAL);
    KEEL_EXPECT_IS(refused(one_copy(memory.ref(), 0, bytes.data(), PV_GRANT_COPY_BYTES_MAX + 1, 0)),
                   -PV_EINVAL);
    KEEL_EXPECT_IS(refused(one_copy({0}, 0, bytes.data(), 8, 0)), -PV_EINVAL);
    KEEL_EXPECT_IS(refused(one_copy({PV_GRANT_ENTRIES}, 0, bytes.data(), 8, 0)), -PV_EINVAL);
    for (uint64_t offset : {page - 7, page, page + 1, UINT64_MAX, UINT64_MAX - 7})
        KEEL_EXPECT_IS(refused(one_copy(memory.ref(), offset, bytes.data(), 8, 0)), -PV_EFAULT);
    for (uint32_t domain : {0U, uint32_t{self()} + 1}) {
        bad.domain = pv_le32_of(domain);
        KEEL_EXPECT_IS(refused(bad), -PV_ESRCH);
    }
    bad.domain = pv_le32_of(1U << 16);
    KEEL_EXPECT_IS(refused(bad), -PV_EINVAL);
    bad = good;
    for (uint64_t address : {uint64_t{PV_SYSTEM_PAGES}, PV_HOST_PAGES, UINT64_MAX - 3}) {
        bad.address = pv_le64_of(address);
        KEEL_EXPECT_IS(refused(bad), -PV_EFAULT);
    }
    const std::array<pv_grant_copy, 2> mixed = {good, bad};
    KEEL_EXPECT_IS(copy(mixed), int64_t{1});
    KEEL_EXPECT_IS(
        hypercall::grant(PV_GRANT_COPY, guest_address_of(&good).value, PV_GRANT_COPY_MAX + 1),
        -PV_EINVAL);
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_COPY, UINT64_MAX - 3, 1), -PV_EFAULT);
}

constexpr std::array<Test, 6> tests = {{
    {"grants-map", map_own},
    {"grants-map-read-only", map_read_only},
    {"grants-map-bad", map_bad},
    {"grants-revoke-unmaps", revoke_unmaps},
    {"grants-copy", copy_own},
    {"grants-copy-bad", copy_bad},
}};

} // namespace

std::span<const Test> grant_copy_tests()
{
    return tests;
}

} // namespace keel::selftest
