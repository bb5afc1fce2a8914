// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/huge_pages.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "backend/engine/host_memory.hpp"

namespace paravane {
namespace {

constexpr uint64_t ours = 3 * huge_page_bytes;

std::byte pattern(uint64_t at)
{
    return static_cast<std::byte>(at * 2654435761U >> 13);
}

// Of all shared memory of the machine.
uint64_t huge_now()
{
    std::ifstream file("/proc/meminfo");

    for (std::string name, unit; file >> name;) {
        uint64_t kibibytes = 0;
        if (name == "ShmemHugePages:" && file >> kibibytes)
            return kibibytes << 10;
    }
    return 0;
}

TEST(HugePagesTest, KeepWhatIsThere)
{
    Result<HostMemory> memory = HostMemory::create(ours);
    ASSERT_TRUE(memory);
    std::byte *const content = memory->data();
    ASSERT_NE(content, nullptr);
    // The first whole, of the second some, of the third nothing.
    const uint64_t written = huge_page_bytes + uint64_t{3} * 4096 + 5;
    for (uint64_t at = 0; at < written; at++)
        content[at] = pattern(at);
    const uint64_t gathered = gather_in_huge_pages(memory->fd(), ours);
    EXPECT_LE(gathered, ours);
    for (uint64_t at = 0; at < ours; at++)
        ASSERT_EQ(content[at], at < written ? pattern(at) : std::byte{0}) << at;
    // Written here, it is there: one memory still.
    std::array<std::byte, 2> read{};
    content[ours - 1] = std::byte{7};
    ASSERT_EQ(pread(memory->fd(), read.data(), read.size(), off_t{ours - 1}), 1);
    EXPECT_EQ(read[0], std::byte{7});
}

TEST(HugePagesTest, AreWhatItSays)
{
    Result<HostMemory> memory = HostMemory::create(ours);
    ASSERT_TRUE(memory);
    const uint64_t before = huge_now();
    const uint64_t gathered = gather_in_huge_pages(memory->fd(), ours);
    if (gathered == 0)
        GTEST_SKIP() << "this kernel has no huge pages to give (it takes Linux 6.1)";
    EXPECT_EQ(gathered, ours);
    // Others come and go.
    EXPECT_GE(huge_now() + huge_page_bytes, before + gathered);
    EXPECT_EQ(gather_in_huge_pages(memory->fd(), ours), ours) << "they stay";
}

TEST(HugePagesTest, AreNotForLess)
{
    Result<HostMemory> memory = HostMemory::create(huge_page_bytes - 4096);
    ASSERT_TRUE(memory);
    EXPECT_EQ(gather_in_huge_pages(memory->fd(), memory->size()), 0U);
    EXPECT_EQ(gather_in_huge_pages(-1, ours), 0U);
}

} // namespace
} // namespace paravane
