// SPDX-License-Identifier: Apache-2.0
//
// Sealed memory and its descriptors.
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <paravane/shared_memory.hpp>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace paravane::unit {

namespace {

constexpr int all_seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

int64_t open_descriptors()
{
    const std::filesystem::directory_iterator listing("/proc/self/fd");
    return std::distance(begin(listing), end(listing));
}

int64_t mapped_memfds()
{
    std::ifstream maps("/proc/self/maps");
    int64_t count = 0;
    for (std::string line; std::getline(maps, line);)
        count += line.find("memfd:paravane") != std::string::npos ? 1 : 0;
    return count;
}

SharedMemory made(uint64_t bytes)
{
    std::error_code error = std::make_error_code(std::errc::invalid_argument);
    SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);
    EXPECT_FALSE(error) << error.message();
    return memory;
}

// A memfd of `bytes` with some of the seals; the descriptor is the caller's.
int unsealed(uint64_t bytes, int seals, unsigned int pages = 0)
{
    const int fd = memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING | pages);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(ftruncate(fd, static_cast<off_t>(bytes)), 0);
    EXPECT_EQ(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

TEST(SharedMemoryTest, IsZeroedWholePagesAndSealed)
{
    for (uint64_t bytes : {1U, 4095U, 4096U, 4097U, 8389120U}) {
        SharedMemory memory = made(bytes);
        EXPECT_EQ(memory.size(), (bytes + 4095) / 4096 * 4096);
        ASSERT_GE(memory.fd(), 0);
        EXPECT_EQ(fcntl(memory.fd(), F_GET_SEALS) & all_seals, all_seals);
        EXPECT_NE(fcntl(memory.fd(), F_GETFD) & FD_CLOEXEC, 0);
        EXPECT_EQ(memory.at(0).address % 4096, 0U);
        EXPECT_EQ(pv_shared_load_relaxed(memory.at(memory.size() - 4)), 0U);
        pv_shared_store_relaxed(memory.at(memory.size() - 4), 7);
        EXPECT_EQ(pv_shared_load_relaxed(memory.at(memory.size() - 4)), 7U);
    }
}

TEST(SharedMemoryTest, CannotBeResized)
{
    const SharedMemory memory = made(8192);
    EXPECT_EQ(ftruncate(memory.fd(), 4096), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(ftruncate(memory.fd(), 12288), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_EQ(fcntl(memory.fd(), F_ADD_SEALS, F_SEAL_WRITE), -1) << "the seals are sealed";
    EXPECT_EQ(errno, EPERM);
}

TEST(SharedMemoryTest, AdoptedIsTheSameMemory)
{
    std::error_code error;
    const SharedMemory memory = made(4096);
    const SharedMemory other = SharedMemory::adopt(fcntl(memory.fd(), F_DUPFD_CLOEXEC, 0), error);
    ASSERT_FALSE(error) << error.message();
    EXPECT_EQ(other.size(), 4096U);
    EXPECT_NE(other.at(0).address, memory.at(0).address);
    pv_shared_store_relaxed(memory.at(64), 0x12345678);
    EXPECT_EQ(pv_shared_load_relaxed(other.at(64)), 0x12345678U);
}

// A second descriptor of it that nobody can write through.
int read_only(const SharedMemory &memory)
{
    return open(("/proc/self/fd/" + std::to_string(memory.fd())).c_str(), O_RDONLY | O_CLOEXEC);
}

TEST(SharedMemoryTest, AdoptsWhatMayOnlyBeRead)
{
    using Frames = SharedMemory::Frames;
    using Access = SharedMemory::Access;
    const SharedMemory memory = made(8192);
    for (const Frames frames : {Frames::touched, Frames::untouched}) {
        std::error_code error;
        const SharedMemory other =
            SharedMemory::adopt(read_only(memory), error, frames, Access::read);
        ASSERT_FALSE(error) << error.message();
        EXPECT_EQ(other.size(), 8192U);
        pv_shared_store_relaxed(memory.at(4096), 7);
        EXPECT_EQ(pv_shared_load_relaxed(other.at(4096)), 7U);
        EXPECT_EQ(pwrite(other.fd(), "x", 1, 0), -1);
    }
    std::error_code error;
    EXPECT_EQ(SharedMemory::adopt(read_only(memory), error).fd(), -1);
    EXPECT_EQ(error, std::errc::permission_denied);
}

TEST(SharedMemoryDeathTest, IsNotWrittenWhereItIsToBeRead)
{
    const SharedMemory memory = made(4096);
    std::error_code error;
    // Of a descriptor that could be written through, too.
    const SharedMemory other =
        SharedMemory::adopt(fcntl(memory.fd(), F_DUPFD_CLOEXEC, 0), error,
                            SharedMemory::Frames::touched, SharedMemory::Access::read);
    ASSERT_FALSE(error) << error.message();
    EXPECT_DEATH(pv_shared_store_relaxed(other.at(0), 1), "");
}

TEST(SharedMemoryTest, RefusesWhatItsMakerCanResize)
{
    const int64_t before = open_descriptors();
    for (int seals : {0, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_SHRINK | F_SEAL_GROW,
                      F_SEAL_SHRINK | F_SEAL_SEAL, F_SEAL_GROW | F_SEAL_SEAL, F_SEAL_SEAL}) {
        std::error_code error;
        const SharedMemory memory = SharedMemory::adopt(unsealed(4096, seals), error);
        EXPECT_EQ(error, std::errc::operation_not_permitted) << seals;
        EXPECT_EQ(memory.fd(), -1);
        EXPECT_EQ(memory.size(), 0U);
    }
    std::error_code error;
    EXPECT_EQ(SharedMemory::adopt(unsealed(4096, all_seals), error).size(), 4096U);
    EXPECT_FALSE(error);
    EXPECT_EQ(open_descriptors(), before) << "the refused ones are closed too";
}

TEST(SharedMemoryTest, RefusesWhatIsNoMemory)
{
    std::error_code error;
    EXPECT_EQ(SharedMemory::adopt(-1, error).fd(), -1);
    EXPECT_TRUE(error);
    EXPECT_EQ(SharedMemory::adopt(open("/dev/null", O_RDWR | O_CLOEXEC), error).fd(), -1);
    EXPECT_EQ(error, std::errc::operation_not_permitted);
    EXPECT_EQ(SharedMemory::adopt(unsealed(0, all_seals), error).fd(), -1);
    EXPECT_EQ(error, std::errc::invalid_argument);
    // Sealed against writing: it cannot be a ring.
    EXPECT_EQ(SharedMemory::adopt(unsealed(4096, all_seals | F_SEAL_WRITE), error).fd(), -1);
    EXPECT_TRUE(error);
}

// Its maker could punch a page out when none is left to take its place: a SIGBUS, in spite of all seals.
// Refused before it is mapped, so no huge page is needed for this.
TEST(SharedMemoryTest, RefusesHugePagesOfAnother)
{
    std::error_code error;
    EXPECT_EQ(SharedMemory::adopt(unsealed(2U << 20, all_seals, MFD_HUGETLB), error).fd(), -1);
    EXPECT_EQ(error, std::errc::operation_not_permitted);
}

// Of normal pages a hole is zeroes, as if they had been written.
TEST(SharedMemoryTest, HolesAreZeroes)
{
    const SharedMemory memory = made(4096);
    pv_shared_store_relaxed(memory.at(64), 7);
    ASSERT_EQ(fallocate(memory.fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
    EXPECT_EQ(pv_shared_load_relaxed(memory.at(64)), 0U);
}

TEST(SharedMemoryTest, FailsToMakeWhatCannotBe)
{
    const int64_t before = open_descriptors();
    for (uint64_t bytes : {uint64_t{0}, uint64_t{1} << 62, UINT64_MAX}) {
        std::error_code error;
        const SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);
        EXPECT_TRUE(error) << bytes;
        EXPECT_EQ(memory.fd(), -1);
        EXPECT_EQ(memory.size(), 0U);
    }
    EXPECT_EQ(open_descriptors(), before);
}

TEST(SharedMemoryTest, FailsWithoutADescriptor)
{
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const rlimit none = {.rlim_cur = 0, .rlim_max = limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    std::error_code error;
    const SharedMemory memory = SharedMemory::create(4096, SharedMemory::Pages::normal, error);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    EXPECT_EQ(error, std::errc::too_many_files_open);
    EXPECT_EQ(memory.fd(), -1);
    EXPECT_EQ(memory.size(), 0U);
}

// Either there are huge pages, or an error that says there are not; never memory of another size.
TEST(SharedMemoryTest, HugePagesAreHugeOrAnError)
{
    std::error_code error;
    const SharedMemory memory = SharedMemory::create(1, SharedMemory::Pages::huge, error);
    EXPECT_EQ(memory.size(), error ? 0U : 2U << 20);
    EXPECT_EQ(memory.fd() >= 0, !error);
}

TEST(SharedMemoryTest, MovedFromIsEmpty)
{
    SharedMemory first = made(4096);
    const uintptr_t address = first.at(0).address;
    const int fd = first.fd();
    SharedMemory second = std::move(first);
    EXPECT_EQ(first.fd(), -1); // NOLINT(bugprone-use-after-move): what is left is what is tested
    EXPECT_EQ(first.size(), 0U);
    EXPECT_EQ(second.fd(), fd);
    EXPECT_EQ(second.at(0).address, address);
    SharedMemory third = made(8192);
    third = std::move(second);
    EXPECT_EQ(second.fd(), -1); // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(third.fd(), fd);
    EXPECT_EQ(third.size(), 4096U);
    third = SharedMemory();
    EXPECT_EQ(third.fd(), -1);
    EXPECT_EQ(fcntl(fd, F_GETFD), -1) << "the assignment closed it";
}

TEST(SharedMemoryTest, LeaksNothing)
{
    const int64_t descriptors = open_descriptors();
    const int64_t mappings = mapped_memfds();
    for (int i = 0; i < 100; i++) {
        std::error_code error;
        SharedMemory memory = made(4096);
        SharedMemory other = SharedMemory::adopt(fcntl(memory.fd(), F_DUPFD_CLOEXEC, 0), error);
        ASSERT_FALSE(error);
        ASSERT_EQ(open_descriptors(), descriptors + 2);
        memory = std::move(other);
        ASSERT_EQ(open_descriptors(), descriptors + 1);
    }
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_EQ(mapped_memfds(), mappings);
}

} // namespace

} // namespace paravane::unit
