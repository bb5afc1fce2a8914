// SPDX-License-Identifier: Apache-2.0
//
// The grant table and the arena, as the kernel keeps them and as the host sees them.
#include <atomic>
#include <memory>

#include <paravane/errors.h>

#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/random_numbers.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::selftest {

namespace {

constexpr uint16_t host = 0;

uint32_t word_of(GrantRef grant)
{
    return pv_shared_load_acquire(
        pv_shared_at(shared_at(start().grant_table),
                     grant.value * static_cast<uint32_t>(sizeof(pv_grant_entry))));
}

void query(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    const auto entries = static_cast<int64_t>(start().grant_entries);

    KEEL_EXPECT_IS(start().grant_entries, uint64_t{PV_GRANT_ENTRIES});
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_QUERY_SIZE), entries);
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_SETUP_TABLE),
                   static_cast<int64_t>(start().grant_table.value));
    for (uint64_t op : {uint64_t{PV_GRANT_OPS}, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::raw(PV_CALL_GRANT, {op}), -PV_EINVAL);
}

void publish(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    const uint32_t before = grants::used();
    {
        const Grant read(start().ram_base, 2, host, Access::read);
        Grant written(start().ram_base, 1, 7, Access::write);
        KEEL_EXPECT(read.good() && written.good() && read.ref() != written.ref());
        KEEL_EXPECT_IS(word_of(read.ref()), uint32_t{PV_GRANT_VALID});
        KEEL_EXPECT_IS(word_of(written.ref()), uint32_t{PV_GRANT_VALID | PV_GRANT_WRITABLE | 7});
        KEEL_EXPECT_IS(grants::used(), before + 2);
        const GrantRef was = written.ref();
        KEEL_EXPECT(written.revoke() && !written.good());
        KEEL_EXPECT_IS(word_of(was), uint32_t{0});
    }
    KEEL_EXPECT_IS(grants::used(), before);
    KEEL_EXPECT(!Grant({start().ram_base.value + 1}, 1, host, Access::read).good());
    KEEL_EXPECT(!Grant(start().ram_base, 0, host, Access::read).good());
}

void all_entries(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    const uint32_t before = grants::used();
    const uint32_t count = grants::entries() - before;
    const auto all = std::make_unique<Grant[]>(count);

    for (uint32_t i = 0; i < count; i++) {
        all[i] = Grant(start().ram_base, 1, host, Access::read);
        KEEL_EXPECT(all[i].good());
    }
    KEEL_EXPECT(!Grant(start().ram_base, 1, host, Access::read).good());
    for (uint32_t i = 0; i < count; i++)
        KEEL_EXPECT(all[i].revoke());
    KEEL_EXPECT_IS(grants::used(), before);
}

void revoke_bad(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    const Grant grant(start().ram_base, 1, host, Access::read);

    for (uint64_t number : {uint64_t{0}, uint64_t{PV_GRANT_ENTRIES}, uint64_t{1} << 32, UINT64_MAX})
        KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_REVOKE, number, 0), -PV_EINVAL);
    KEEL_EXPECT(grant.good());
    // The guest has to take the word back first.
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_REVOKE, grant.ref().value, 0), -PV_EBUSY);
    // What nobody uses is revoked at once, however long the caller would wait.
    KEEL_EXPECT_IS(hypercall::grant(PV_GRANT_REVOKE, PV_GRANT_ENTRIES - 1, UINT64_MAX), 0);
    KEEL_EXPECT_IS(grants::revoke({}), -PV_EINVAL);
    KEEL_EXPECT_IS(grants::revoke({PV_GRANT_ENTRIES}), -PV_EINVAL);
}

// Each vCPU takes and gives what the others take and give.
void grants_on_all_vcpus(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_GRANTS);
    constexpr uint32_t rounds = 500;
    static constinit std::atomic<uint32_t> failures = 0;
    const uint32_t before = grants::used();
    const uint64_t pages_before = arena().free_pages();
    const auto give_and_take = [](void *) {
        for (uint32_t round = 0; round < rounds; round++) {
            GrantedMemory memory(1 + round % 3, host, Access::write);
            const auto mark = static_cast<uint32_t>(memory.memory().address);
            pv_shared_store_relaxed(memory.memory(), mark);
            if (!memory.good() || pv_shared_load_relaxed(memory.memory()) != mark ||
                !memory.revoke())
                failures++;
        }
    };

    if (arena().pages() == 0)
        return verdict.skip("there is no arena");
    failures = 0;
    for (uint32_t vcpu = 1; vcpu < smp::prepared(); vcpu++)
        smp::start_call(vcpu, {give_and_take, nullptr});
    give_and_take(nullptr);
    for (uint32_t vcpu = 1; vcpu < smp::prepared(); vcpu++) {
        while (!smp::finished(vcpu))
            hypercall::yield();
    }
    KEEL_EXPECT_IS(failures.load(), uint32_t{0});
    KEEL_EXPECT_IS(grants::used(), before);
    KEEL_EXPECT_IS(arena().free_pages(), pages_before);
}

void arena_stays(Verdict &verdict)
{
    constexpr uint64_t page = Arena::page;
    memory::Region region;
    bool found = false;

    KEEL_NEEDS(PV_FEATURE_GRANTS);
    if (start().arena_bytes == 0)
        return verdict.skip("there is no arena");
    for (uint32_t i = 0; memory::region(i, region); i++)
        found = found || (region.base == start().arena_base.value &&
                          region.bytes == start().arena_bytes && region.flags == PV_MEMORY_ARENA);
    KEEL_EXPECT(found);
    KEEL_EXPECT_IS(arena().pages(), start().arena_bytes / page);
    const uint64_t last = start().arena_base.value + start().arena_bytes - page;
    for (uint64_t at : {start().arena_base.value, last}) {
        pv_shared_store_relaxed(shared_at({at}), 5);
        KEEL_EXPECT(hypercall::memory(PV_MEMORY_RELEASE, at, page) < 0);
        KEEL_EXPECT_IS(pv_shared_load_relaxed(shared_at({at})), uint32_t{5});
    }
    KEEL_EXPECT(
        hypercall::memory(PV_MEMORY_RELEASE, start().arena_base.value, start().arena_bytes) < 0);
    KEEL_EXPECT(hypercall::memory(PV_MEMORY_RELEASE, last, 2 * page) < 0);
}

constexpr std::array<Test, 6> tests = {{
    {"grants-query", query},
    {"grants-publish", publish},
    {"grants-all-entries", all_entries},
    {"grants-revoke-bad", revoke_bad},
    {"grants-on-all-vcpus", grants_on_all_vcpus},
    {"arena-stays", arena_stays},
}};

} // namespace

std::span<const Test> grant_tests()
{
    return tests;
}

} // namespace keel::selftest
