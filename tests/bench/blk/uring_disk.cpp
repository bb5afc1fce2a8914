// SPDX-License-Identifier: Apache-2.0
#include "blk/uring_disk.hpp"

#include <bit>
#include <cstring>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

namespace paravane::bench::blk {

namespace {

constexpr uint64_t huge_page = uint64_t{2} << 20;

Result<uint64_t> bytes_of(int file)
{
    struct stat status = {};
    uint64_t bytes = 0;

    if (fstat(file, &status) != 0)
        return system_problem("the disk's size");
    if (!S_ISBLK(status.st_mode))
        return static_cast<uint64_t>(status.st_size);
    if (ioctl(file, BLKGETSIZE64, &bytes) != 0)
        return system_problem("the disk's size");
    return bytes;
}

} // namespace

Result<std::unique_ptr<UringDisk>> UringDisk::open(const std::string &path, const UringPlan &plan)
{
    std::unique_ptr<UringDisk> disk(new UringDisk(plan));

    if (Result<void> done = disk->start(path); !done)
        return done.error();
    return disk;
}

UringDisk::~UringDisk()
{
    if (has_ring_)
        io_uring_queue_exit(&ring_);
    if (memory_ != nullptr)
        munmap(memory_, memory_bytes_);
}

Result<void> UringDisk::make_buffers()
{
    stride_ = std::bit_ceil(std::max<uint64_t>(plan_.bytes, 4096));
    memory_bytes_ = (stride_ * plan_.depth + huge_page - 1) / huge_page * huge_page;
    // Room to begin at a multiple of a huge page.
    const uint64_t room = memory_bytes_ + huge_page;
    void *found = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED)
        return system_problem("memory for buffers");
    auto *begin = static_cast<std::byte *>(found);
    const uint64_t before = (huge_page - reinterpret_cast<uint64_t>(begin) % huge_page) % huge_page;
    if (before != 0)
        munmap(begin, before);
    if (before != huge_page)
        munmap(begin + before + memory_bytes_, huge_page - before);
    memory_ = begin + before;
    (void)madvise(memory_, memory_bytes_, MADV_HUGEPAGE);
    std::memset(memory_, 0, memory_bytes_);
    return {};
}

Result<void> UringDisk::start(const std::string &path)
{
    io_uring_params params = {};

    file_ = UniqueFd(::open(path.c_str(), O_RDWR | O_DIRECT | O_CLOEXEC));
    if (!file_)
        return system_problem(path);
    const Result<uint64_t> bytes = bytes_of(file_.get());
    if (!bytes)
        return bytes.error();
    sectors_ = *bytes / 512;
    if (Result<void> done = make_buffers(); !done)
        return done;
    params.flags = IORING_SETUP_SINGLE_ISSUER;
    if (plan_.mode == UringMode::sqpoll) {
        params.flags |= IORING_SETUP_SQPOLL;
        params.sq_thread_idle = 1000;
        if (plan_.sqpoll_core >= 0) {
            params.flags |= IORING_SETUP_SQ_AFF;
            params.sq_thread_cpu = static_cast<uint32_t>(plan_.sqpoll_core);
        }
    } else {
        params.flags |= IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    }
    const uint32_t entries = std::bit_ceil(plan_.depth);
    if (const int number = io_uring_queue_init_params(entries, &ring_, &params); number < 0)
        return system_problem("an io_uring", -number);
    has_ring_ = true;
    const int file = file_.get();
    if (const int number = io_uring_register_files(&ring_, &file, 1); number < 0)
        return system_problem("register the file", -number);
    const iovec memory = {memory_, memory_bytes_};
    if (const int number = io_uring_register_buffers(&ring_, &memory, 1); number < 0)
        return system_problem("register the buffers", -number);
    return {};
}

} // namespace paravane::bench::blk
