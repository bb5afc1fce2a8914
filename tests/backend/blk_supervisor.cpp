// SPDX-License-Identifier: Apache-2.0
#include "blk_supervisor.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "backend/supervisor/drain.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

namespace {

constexpr uint64_t drain_patience = 30000000000; // ns

std::string program_to_start()
{
    const char *other = std::getenv("PARAVANE_BLK_PROGRAM");
    return other != nullptr ? other : PARAVANE_BLK;
}

} // namespace

BlkDisk BlkDisk::null()
{
    return {};
}

BlkDisk BlkDisk::memory(uint64_t bytes)
{
    BlkDisk disk;
    Result<HostMemory> memory = HostMemory::create(bytes);

    EXPECT_TRUE(memory.has_value());
    disk.medium = blk::Medium::memory;
    disk.file = UniqueFd(fcntl(memory->fd(), F_DUPFD_CLOEXEC, 0));
    disk.bytes = bytes;
    return disk;
}

BlkDisk BlkDisk::of_file(uint64_t bytes, int flags)
{
    const char *folder = std::getenv("TMPDIR");
    BlkDisk disk;

    disk.medium = blk::Medium::file;
    disk.file = UniqueFd(
        open(folder != nullptr ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600));
    EXPECT_TRUE(disk.file) << strerror(errno);
    EXPECT_EQ(ftruncate(disk.file.get(), static_cast<off_t>(bytes)), 0);
    disk.bytes = bytes;
    return disk;
}

void BlkDisk::write(uint64_t offset, std::span<const std::byte> from) const
{
    EXPECT_EQ(pwrite(file.get(), from.data(), from.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(from.size()));
}

std::vector<std::byte> BlkDisk::read(uint64_t offset, std::size_t count) const
{
    std::vector<std::byte> got(count);
    EXPECT_EQ(pread(file.get(), got.data(), count, static_cast<off_t>(offset)),
              static_cast<ssize_t>(count));
    return got;
}

bool BlkDisk::holds(uint64_t offset, std::size_t count, unsigned char value) const
{
    return std::ranges::all_of(read(offset, count), [value](std::byte byte) {
        return byte == static_cast<std::byte>(value);
    });
}

BlkSupervisor::BlkSupervisor(BlkGuest &guest, const BlkDisk &disk)
    : program(program_to_start()), guest_(guest), disk_(disk),
      log_(*blk::Log::create(guest.shape().queues, guest.shape().depth)),
      budget_(*SharedBudget::create(1))
{
    blk::Settings &made = settings();

    made.medium = disk.medium;
    made.sector_bytes = disk.sector_bytes;
    made.read_only = disk.read_only ? 1 : 0;
    made.fixed_buffers = disk.fixed_buffers ? 1 : 0;
    made.sectors = disk.bytes / PV_BLK_SECTOR;
    std::memcpy(made.serial.data(), disk.serial.data(),
                std::min(disk.serial.size(), made.serial.size()));
    for (uint32_t queue = 0; queue < guest.shape().queues; queue++) {
        log_.queue(queue).requests_taken = guest.shape().index;
        log_.queue(queue).responses_given = guest.shape().index;
    }
}

std::unique_ptr<BlkProcess> BlkSupervisor::start(const ConnectWords &words)
{
    const uint64_t features = disk_.read_only ? PV_BLK_FEATURE_READ_ONLY | PV_BLK_FEATURE_INDIRECT
                                              : PV_BLK_FEATURES & ~PV_BLK_FEATURE_READ_ONLY;
    Result<KeptRing> ring = KeptRing::make(disk_.in_flight, disk_.in_flight);

    EXPECT_TRUE(ring.has_value());
    log_.header().ring = ring->params();
    std::unique_ptr<BlkProcess> process(new BlkProcess(std::move(*ring)));
    const int inherited = process->ring_.descriptor();
    process->start(program, {&inherited, 1});
    std::vector<int> own = {log_.fd(), budget_.fds()[0], budget_.fds()[1]};
    if (disk_.medium != blk::Medium::null)
        own.push_back(disk_.file.get());
    if (group_ != nullptr)
        own.insert(own.end(), {group_->fds()[0], group_->fds()[1]});
    process->connect({guest_, guest_.ports(), guest_.rings(), features, own}, words);
    return process;
}

std::unique_ptr<BlkProcess> BlkSupervisor::resume()
{
    ConnectWords words;
    words.resumed = true;
    return start(words);
}

BlkSupervisor::Drained BlkSupervisor::bury(BlkProcess &process)
{
    const uint64_t from = clock_now();
    Drained drained;

    (void)process.end();
    while (!process.ring_.drained() && drained.all) {
        std::this_thread::sleep_for(std::chrono::microseconds(50));
        drained.all = clock_now() - from < drain_patience;
    }
    drained.ns = clock_now() - from;
    drained.completed = blk::settle(log_, process.ring_);
    guest_.forget_pins();
    return drained;
}

} // namespace paravane::backend_test
