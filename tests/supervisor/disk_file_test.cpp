// SPDX-License-Identifier: Apache-2.0
//
// What may be a disk, what is said of what may not, and who else may use it.
#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "backend/supervisor/disk_file.hpp"
#include "tests/supervisor/disk_fixture.hpp"

namespace paravane {

namespace {

using Access = DiskFile::Access;
using Cache = DiskFile::Cache;

constexpr uint64_t always = PV_BLK_FEATURE_FLUSH | PV_BLK_FEATURE_INDIRECT;
constexpr uid_t nobody = 65534;

class DiskFiles : public testing::Test {
  protected:
    // "": it can be opened.
    [[nodiscard]] static std::string refusal(const std::string &path,
                                             Access access = Access::read_write,
                                             Cache cache = Cache::buffered)
    {
        const Result<DiskFile> opened = DiskFile::open(path, access, cache);
        if (opened)
            return "";
        const std::string begin = "disk " + path + ": ";
        EXPECT_EQ(opened.error().text.substr(0, begin.size()), begin);
        EXPECT_EQ(opened.error().text.find('\n'), std::string::npos);
        return opened.error().text.substr(begin.size());
    }

    TestDirectory directory;
};

TEST_F(DiskFiles, AreFilesAsTheyAre)
{
    const std::string path = directory.file("disk", 10240);
    Result<DiskFile> disk = DiskFile::open(path, Access::read_write, Cache::buffered);
    ASSERT_TRUE(disk.has_value()) << disk.error().text;
    EXPECT_EQ(disk->medium(), blk::Medium::file);
    EXPECT_FALSE(disk->read_only());
    EXPECT_EQ(disk->geometry().sectors, 20U);
    EXPECT_EQ(disk->geometry().sector_bytes, 512U);
    EXPECT_GE(disk->geometry().block_bytes, 512U);
    EXPECT_EQ(disk->features() & always, always);
    EXPECT_EQ(disk->features() & PV_BLK_FEATURE_READ_ONLY, 0U);
    char letter = 0;
    EXPECT_EQ(pread(disk->fd(), &letter, 1, 10239), 1);
    EXPECT_EQ(letter, 'x');
    EXPECT_EQ(fcntl(disk->fd(), F_GETFL) & (O_ACCMODE | O_NONBLOCK | O_DIRECT), O_RDWR);
    EXPECT_NE(fcntl(disk->fd(), F_GETFD) & FD_CLOEXEC, 0);
}

// What it says that it can do, it can.
TEST_F(DiskFiles, ClearAsTheyOffer)
{
    const std::string path = directory.file("disk", 16384);
    Result<DiskFile> disk = DiskFile::open(path, Access::read_write, Cache::buffered);
    ASSERT_TRUE(disk.has_value());
    const bool punches =
        fallocate(disk->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
    const bool zeroes =
        fallocate(disk->fd(), FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
    EXPECT_EQ(disk->features(), always | (punches ? PV_BLK_FEATURE_DISCARD : 0) |
                                    (zeroes ? PV_BLK_FEATURE_WRITE_ZEROES : 0));
    char letter = 0;
    EXPECT_EQ(pread(disk->fd(), &letter, 1, 16383), 1);
    EXPECT_EQ(letter, 'x');
}

TEST_F(DiskFiles, AreReadDirectlyInTheSectorsOfTheirFileSystem)
{
    const std::string path = directory.file("disk", 16384);
    Result<DiskFile> disk = DiskFile::open(path, Access::read_write, Cache::direct);
    if (!disk) {
        EXPECT_NE(disk.error().text.find("use cache=buffered"), std::string::npos)
            << disk.error().text;
        GTEST_SKIP() << disk.error().text;
    }
    const uint32_t sector = disk->geometry().sector_bytes;
    EXPECT_NE(fcntl(disk->fd(), F_GETFL) & O_DIRECT, 0);
    ASSERT_TRUE(sector == 512 || sector == 4096);
    alignas(4096) std::array<char, 8192> buffer{};
    EXPECT_EQ(pread(disk->fd(), buffer.data() + 512, sector, sector), static_cast<ssize_t>(sector));
    EXPECT_EQ(buffer.at(512), 'x');
}

TEST_F(DiskFiles, ThatAreOnlyReadAreNotWritten)
{
    const std::string path = directory.file("disk", 4096);
    ASSERT_EQ(chmod(path.c_str(), 0400), 0);
    Result<DiskFile> disk = DiskFile::open(path, Access::read, Cache::buffered);
    ASSERT_TRUE(disk.has_value()) << disk.error().text;
    EXPECT_TRUE(disk->read_only());
    EXPECT_EQ(disk->features(), always | PV_BLK_FEATURE_READ_ONLY);
    EXPECT_LT(pwrite(disk->fd(), "y", 1, 0), 0);
}

TEST_F(DiskFiles, WhatIsNoneIsNamed)
{
    EXPECT_EQ(refusal(directory.at("nothing")), "No such file or directory");
    EXPECT_EQ(refusal(directory.at("")), "it is a directory");
    EXPECT_EQ(refusal(directory.at(""), Access::read), "it is a directory");
    EXPECT_EQ(refusal(directory.file("file", 512) + "/disk"), "Not a directory");
    ASSERT_EQ(mkfifo(directory.at("fifo").c_str(), 0600), 0);
    EXPECT_EQ(refusal(directory.at("fifo")), "it is no file and no block device");
    EXPECT_EQ(refusal("/dev/null"), "it is no file and no block device");
    EXPECT_EQ(refusal(directory.file("empty", 0)), "it is empty");
    EXPECT_EQ(refusal(directory.file("odd", 1000)),
              "its size, 1000 bytes, is no multiple of its sector, 512");
    EXPECT_FALSE(std::filesystem::exists(directory.at("nothing")));
}

TEST_F(DiskFiles, WithoutPermissionAreNamed)
{
    const std::string path = directory.file("disk", 4096);
    std::filesystem::permissions(directory.at(""), std::filesystem::perms::all);
    if (geteuid() != 0) {
        ASSERT_EQ(chmod(path.c_str(), 0), 0);
        EXPECT_EQ(refusal(path), "Permission denied");
        return;
    }
    setfsuid(nobody);
    const std::string written = refusal(path);
    const std::string read = refusal(path, Access::read);
    setfsuid(0);
    EXPECT_EQ(written, "Permission denied");
    EXPECT_EQ(read, "Permission denied");
    ASSERT_EQ(chmod(path.c_str(), 0444), 0);
    setfsuid(nobody);
    const std::string written_again = refusal(path);
    const std::string read_again = refusal(path, Access::read);
    setfsuid(0);
    EXPECT_EQ(written_again, "Permission denied");
    EXPECT_EQ(read_again, "");
}

// A file of /proc has no direct I/O on any kernel.
TEST_F(DiskFiles, WithoutDirectIoSaysWhatToDo)
{
    EXPECT_EQ(refusal("/proc/version", Access::read, Cache::direct),
              "its file system has no direct I/O: use cache=buffered");
    EXPECT_EQ(refusal("/proc/version", Access::read), "it is empty");
}

TEST_F(DiskFiles, AreWrittenByOneAlone)
{
    const std::string path = directory.file("disk", 4096);
    {
        const Result<DiskFile> first = DiskFile::open(path, Access::read_write, Cache::buffered);
        ASSERT_TRUE(first.has_value());
        EXPECT_EQ(refusal(path), "another guest has it for writing");
        EXPECT_EQ(refusal(path, Access::read), "another guest has it for writing");
    }
    EXPECT_EQ(refusal(path), "");
}

TEST_F(DiskFiles, AreReadByMany)
{
    const std::string path = directory.file("disk", 4096);
    {
        const Result<DiskFile> first = DiskFile::open(path, Access::read, Cache::buffered);
        const Result<DiskFile> second = DiskFile::open(path, Access::read, Cache::buffered);
        ASSERT_TRUE(first.has_value());
        ASSERT_TRUE(second.has_value());
        EXPECT_EQ(refusal(path), "another guest reads it: only more readers may (ro)");
    }
    EXPECT_EQ(refusal(path), "");
}

// The lock goes with the last that can still write there, which may be a process that is dead already.
TEST_F(DiskFiles, AreWaitedForAMoment)
{
    const std::string path = directory.file("disk", 4096);
    Result<DiskFile> first = DiskFile::open(path, Access::read_write, Cache::buffered);
    ASSERT_TRUE(first.has_value());
    UniqueFd copy(fcntl(first->fd(), F_DUPFD_CLOEXEC, 0));
    {
        const DiskFile gone = std::move(*first);
    }
    EXPECT_NE(refusal(path), "");
    std::thread closer([&copy] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        copy = UniqueFd();
    });
    EXPECT_EQ(refusal(path), "");
    closer.join();
}

TEST_F(DiskFiles, OfMemoryAreThereAndNullAreNot)
{
    const uint64_t clearing = PV_BLK_FEATURE_DISCARD | PV_BLK_FEATURE_WRITE_ZEROES;
    Result<DiskFile> memory = DiskFile::in_memory(uint64_t{1} << 40, Access::read_write);
    ASSERT_TRUE(memory.has_value()) << memory.error().text;
    EXPECT_EQ(memory->medium(), blk::Medium::memory);
    EXPECT_GE(memory->fd(), 0);
    EXPECT_EQ(memory->geometry().sectors, uint64_t{1} << 31);
    EXPECT_EQ(memory->geometry().sector_bytes, 512U);
    EXPECT_EQ(memory->features(), always | clearing);
    EXPECT_FALSE(memory->look_again());
    Result<DiskFile> null = DiskFile::nowhere(1536, Access::read_write);
    ASSERT_TRUE(null.has_value());
    EXPECT_EQ(null->medium(), blk::Medium::null);
    EXPECT_EQ(null->fd(), -1);
    EXPECT_EQ(null->geometry().sectors, 3U);
    EXPECT_EQ(null->features(), always | clearing);
    EXPECT_FALSE(null->look_again());
    EXPECT_EQ(DiskFile::nowhere(512, Access::read)->features(), always | PV_BLK_FEATURE_READ_ONLY);
    EXPECT_EQ(DiskFile::in_memory(512, Access::read)->features(),
              always | PV_BLK_FEATURE_READ_ONLY);
    for (const uint64_t bytes : {0U, 1U, 511U, 513U}) {
        EXPECT_FALSE(DiskFile::in_memory(bytes, Access::read_write).has_value()) << bytes;
        EXPECT_FALSE(DiskFile::nowhere(bytes, Access::read_write).has_value()) << bytes;
    }
}

// A loop device, where this host has one to give.
class LoopDevice {
  public:
    explicit LoopDevice(const std::string &path)
    {
        const UniqueFd control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
        const int number = control ? ioctl(control.get(), LOOP_CTL_GET_FREE) : -1;
        const UniqueFd backing(open(path.c_str(), O_RDWR | O_CLOEXEC));
        path_ = "/dev/loop" + std::to_string(number);
        fd_ = UniqueFd(number < 0 ? -1 : open(path_.c_str(), O_RDWR | O_CLOEXEC));
        there_ = fd_ && ioctl(fd_.get(), LOOP_SET_FD, backing.get()) == 0;
    }
    LoopDevice(const LoopDevice &) = delete;
    LoopDevice &operator=(const LoopDevice &) = delete;
    ~LoopDevice()
    {
        if (there_)
            ioctl(fd_.get(), LOOP_CLR_FD, 0);
    }
    [[nodiscard]] bool is_there() const { return there_; }
    [[nodiscard]] const std::string &path() const { return path_; }

  private:
    std::string path_;
    UniqueFd fd_;
    bool there_ = false;
};

TEST_F(DiskFiles, MayBeBlockDevices)
{
    const LoopDevice device(directory.file("backing", 1 << 20));
    if (!device.is_there())
        GTEST_SKIP() << "no loop device";
    {
        Result<DiskFile> disk = DiskFile::open(device.path(), Access::read_write, Cache::direct);
        ASSERT_TRUE(disk.has_value()) << disk.error().text;
        EXPECT_EQ(disk->geometry().sectors, 2048U);
        EXPECT_TRUE(disk->geometry().sector_bytes == 512 || disk->geometry().sector_bytes == 4096);
        EXPECT_NE(disk->features() & PV_BLK_FEATURE_WRITE_ZEROES, 0U);
        EXPECT_EQ(fallocate(disk->fd(), FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, 0, 4096), 0);
        const bool punches =
            fallocate(disk->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0;
        EXPECT_EQ((disk->features() & PV_BLK_FEATURE_DISCARD) != 0, punches);
        EXPECT_EQ(refusal(device.path()), "the host uses it, or another guest");
        EXPECT_EQ(refusal(device.path(), Access::read), "another guest has it for writing");
    }
    EXPECT_EQ(refusal(device.path(), Access::read, Cache::direct), "");
    EXPECT_EQ(refusal(device.path()), "");
}

} // namespace

} // namespace paravane
