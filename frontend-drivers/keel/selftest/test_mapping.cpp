// SPDX-License-Identifier: Apache-2.0
//
// What memory maps, protects and unmaps is so at once, on all vCPUs.
#include <array>
#include <atomic>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/selftest/skipped_stores.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/smp.hpp"
#include "frontend-drivers/keel/start.hpp"

namespace keel::selftest {

namespace {

constexpr uint64_t page = PV_PAGE_SIZE;
constexpr uint64_t read_write = PV_PROTECT_READ | PV_PROTECT_WRITE;
constexpr uint32_t rounds = 50;

alignas(PV_PAGE_SIZE) std::array<std::atomic<uint64_t>, page / sizeof(uint64_t)> patient;

// Far from everything else.
constexpr uint64_t elsewhere = 0x300000000000;

void protect(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const SkippedStores skipped;
    const uint64_t at = number_of(patient.data());

    for (uint32_t round = 1; round <= rounds; round++) {
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_PROTECT, at, page, PV_PROTECT_READ), 0);
        patient[0].load();
        SkippedStores::store(at, round);
        KEEL_EXPECT_IS(skipped.count(), round);
        KEEL_EXPECT_IS(patient[0].load(), uint64_t{round} - 1);
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_PROTECT, at, page, read_write), 0);
        SkippedStores::store(at, round);
        KEEL_EXPECT_IS(skipped.count(), round);
        KEEL_EXPECT_IS(patient[0].load(), uint64_t{round});
    }
    patient[0] = 0;
}

void map_and_unmap(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    const SkippedStores skipped;
    const uint64_t frame = number_of(patient.data()) - virtual_of({0});

    for (uint32_t round = 1; round <= rounds; round++) {
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_MAP, elsewhere, frame, page, read_write), 0);
        SkippedStores::store(elsewhere + 8, round);
        KEEL_EXPECT_IS(skipped.count(), round - 1);
        KEEL_EXPECT_IS(patient[1].load(), uint64_t{round});
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_UNMAP, elsewhere, page), 0);
        SkippedStores::store(elsewhere + 8, 0);
        KEEL_EXPECT_IS(skipped.count(), round);
        KEEL_EXPECT_IS(patient[1].load(), uint64_t{round});
    }
    patient[1] = 0;
}

// Another vCPU may have used the page the moment before.
void protect_everywhere(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    if (smp::online() < 2)
        return verdict.skip("there is one vCPU");
    const SkippedStores skipped;
    const uint64_t at = number_of(patient.data());
    const auto store_there = [](void *place) { SkippedStores::store(number_of(place), 7); };

    for (uint32_t round = 1; round <= rounds; round++) {
        smp::call(1, {store_there, patient.data()});
        KEEL_EXPECT_IS(skipped.count(), round - 1);
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_PROTECT, at, page, PV_PROTECT_READ), 0);
        smp::call(1, {store_there, patient.data()});
        KEEL_EXPECT_IS(skipped.count(), round);
        KEEL_EXPECT_IS(hypercall::memory(PV_MEMORY_PROTECT, at, page, read_write), 0);
    }
    patient[0] = 0;
}

constexpr std::array<Test, 3> tests = {{
    {"mapping-protect", protect},
    {"mapping-elsewhere", map_and_unmap},
    {"mapping-on-all-vcpus", protect_everywhere},
}};

} // namespace

std::span<const Test> mapping_tests()
{
    return tests;
}

} // namespace keel::selftest
