// SPDX-License-Identifier: Apache-2.0
//
// Regions, frames that come and go, and the kernel's own allocators.
#include <paravane/errors.h>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/random_numbers.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::selftest {

namespace {

constexpr uint64_t page = PageAllocator::page;

void regions(Verdict &verdict)
{
    memory::Region one;
    memory::Region other;
    bool image_is_ram = false;

    KEEL_EXPECT(memory::region(0, one));
    for (uint32_t i = 0; memory::region(i, one); i++) {
        KEEL_EXPECT(one.bytes > 0 && one.bytes % page == 0 && one.base % page == 0);
        KEEL_EXPECT(one.base + one.bytes > one.base);
        image_is_ram =
            image_is_ram || (one.base == start().ram_base.value && one.bytes == start().ram_bytes &&
                             (one.flags & PV_MEMORY_RAM) != 0);
        for (uint32_t j = 0; j < i && memory::region(j, other); j++)
            KEEL_EXPECT(one.base >= other.base + other.bytes || other.base >= one.base + one.bytes);
    }
    KEEL_EXPECT(image_is_ram);
}

void frames_come_and_go(Verdict &verdict)
{
    void *memory = pages().allocate(2);
    KEEL_EXPECT(memory != nullptr);
    auto *words = static_cast<volatile uint64_t *>(memory);
    const uint64_t at = guest_address_of(memory).value;
    constexpr std::size_t page_words = page / sizeof(uint64_t);

    words[0] = 1;
    words[page_words] = 2;
    words[2 * page_words] = 3;
    const int64_t released = hypercall::memory(PV_MEMORY_RELEASE, at + page, page);
    const int64_t populated = hypercall::memory(PV_MEMORY_POPULATE, at + page, page);
    const bool right = words[0] == 1 && words[page_words] == 0 && words[2 * page_words] == 3;
    words[page_words] = 4;
    const bool kept =
        hypercall::memory(PV_MEMORY_POPULATE, at + page, page) == 0 && words[page_words] == 4;
    KEEL_EXPECT(pages().release(memory));
    KEEL_EXPECT_IS(released, int64_t{0});
    KEEL_EXPECT_IS(populated, int64_t{0});
    KEEL_EXPECT(right && kept);
}

void frames_bad_ranges(Verdict &verdict)
{
    const uint64_t ram = start().free_base.value;

    for (pv_memory_op op : {PV_MEMORY_POPULATE, PV_MEMORY_RELEASE}) {
        KEEL_EXPECT_IS(hypercall::memory(op, ram + 1, page), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::memory(op, ram, page - 1), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::memory(op, ram, 0), -PV_EINVAL);
        KEEL_EXPECT_IS(hypercall::memory(op, ram, UINT64_MAX - page + 1), -PV_EINVAL);
        KEEL_EXPECT(hypercall::memory(op, UINT64_MAX - page + 1, page) < 0);
        KEEL_EXPECT(hypercall::memory(op, PV_SYSTEM_PAGES, page) < 0);
        // What is shared with others stays.
        KEEL_EXPECT(hypercall::memory(op, PV_START_INFO, page) < 0);
        KEEL_EXPECT(hypercall::memory(op, start().event_area.value, page) < 0);
        KEEL_EXPECT(
            hypercall::memory(op, start().ram_base.value + start().ram_bytes - page, 2 * page) < 0);
    }
}

void mapping_bad_ranges(Verdict &verdict)
{
    for (pv_memory_op op : {PV_MEMORY_PROTECT, PV_MEMORY_UNMAP}) {
        KEEL_EXPECT(hypercall::memory(op, 1, page, PV_PROTECT_READ) < 0);
        KEEL_EXPECT(hypercall::memory(op, 0, 0, PV_PROTECT_READ) < 0);
        KEEL_EXPECT(hypercall::memory(op, UINT64_MAX - page + 1, 2 * page, PV_PROTECT_READ) < 0);
    }
    KEEL_EXPECT(hypercall::memory(PV_MEMORY_PROTECT, 0, page, PV_PROTECT_READ) < 0);
    KEEL_EXPECT(hypercall::memory(PV_MEMORY_PROTECT, virtual_of({PV_SYSTEM_PAGES}), page,
                                  PV_PROTECT_READ | PV_PROTECT_WRITE) < 0);
    KEEL_EXPECT(hypercall::memory(PV_MEMORY_MAP, virtual_of({0}), PV_SYSTEM_PAGES, page,
                                  PV_PROTECT_READ | PV_PROTECT_WRITE) < 0);
}

void pages_are_given_once(Verdict &verdict)
{
    const std::size_t before = pages().free_pages();
    std::array<void *, 64> blocks{};
    std::array<uint32_t, 64> orders{};
    RandomNumbers random(1);

    for (uint32_t round = 0; round < 20'000; round++) {
        const std::size_t i = random.below(blocks.size());
        if (blocks[i] != nullptr) {
            const auto *words = static_cast<const uint64_t *>(blocks[i]);
            KEEL_EXPECT_IS(words[0], i);
            KEEL_EXPECT_IS(words[(page << orders[i]) / sizeof(uint64_t) - 1], i);
            KEEL_EXPECT(pages().release(blocks[i]));
            blocks[i] = nullptr;
            continue;
        }
        orders[i] = static_cast<uint32_t>(random.below(4));
        blocks[i] = pages().allocate(orders[i]);
        if (blocks[i] != nullptr) {
            auto *words = static_cast<uint64_t *>(blocks[i]);
            KEEL_EXPECT_IS(number_of(words) % (page << orders[i]), uint64_t{0});
            words[0] = i;
            words[(page << orders[i]) / sizeof(uint64_t) - 1] = i;
        }
    }
    for (void *block : blocks)
        KEEL_EXPECT(block == nullptr || pages().release(block));
    KEEL_EXPECT_IS(pages().free_pages(), before);
}

void heap_gives_what_it_takes(Verdict &verdict)
{
    const std::size_t before = heap().objects();
    std::array<unsigned char *, 256> objects{};
    std::array<std::size_t, 256> sizes{};
    RandomNumbers random(2);

    for (uint32_t round = 0; round < 50'000; round++) {
        const std::size_t i = random.below(objects.size());
        const auto mark = static_cast<unsigned char>(i);
        if (objects[i] != nullptr) {
            KEEL_EXPECT(objects[i][0] == mark && objects[i][sizes[i] - 1] == mark);
            delete[] objects[i];
            objects[i] = nullptr;
            continue;
        }
        sizes[i] = 1 + random.below(random.below(8) == 0 ? 9000 : 600);
        objects[i] = new unsigned char[sizes[i]];
        KEEL_EXPECT_IS(number_of(objects[i]) % Heap::alignment, uint64_t{0});
        objects[i][0] = mark;
        objects[i][sizes[i] - 1] = mark;
    }
    for (unsigned char *object : objects)
        delete[] object;
    KEEL_EXPECT_IS(heap().objects(), before);
    KEEL_EXPECT(heap().allocate(start().ram_bytes) == nullptr);
}

constexpr std::array<Test, 6> tests = {{
    {"regions", regions},
    {"frames", frames_come_and_go},
    {"frames-bad-ranges", frames_bad_ranges},
    {"mapping-bad-ranges", mapping_bad_ranges},
    {"pages", pages_are_given_once},
    {"heap", heap_gives_what_it_takes},
}};

} // namespace

std::span<const Test> memory_tests()
{
    return tests;
}

} // namespace keel::selftest
