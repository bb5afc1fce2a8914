// SPDX-License-Identifier: Apache-2.0
//
// A disk's host half: as fixture.hpp, with the real ends of a disk, and a process that is a test's.
#pragma once

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/supervisor/blk.hpp"
#include "tests/supervisor/disk_behaviour.hpp"
#include "tests/supervisor/fixture.hpp"
#include "tests/supervisor/test_directory.hpp"

namespace paravane {

class DiskFixture : public DeviceFixture {
  protected:
    static constexpr uint64_t disk_bytes = 65536;

    DiskFixture() : DeviceFixture("blk")
    {
        fifo_path = directory.at("fifo");
        EXPECT_EQ(mkfifo(fifo_path.c_str(), 0600), 0);
        fifo = UniqueFd(open(fifo_path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        setenv(disk_behaviour::fifo, fifo_path.c_str(), 1);
        disk.settings.queues_max = 4;
        disk.budget = std::make_shared<SharedBudget>(*SharedBudget::create(1));
        // The file system's block, so that what the process reads is aligned for all of them.
        set_file(DiskFile::open(directory.file("disk", disk_bytes), DiskFile::Access::read_write,
                                DiskFile::Cache::buffered));
    }

    void set_file(Result<DiskFile> file)
    {
        ASSERT_TRUE(file.has_value()) << file.error().text;
        disk.file = std::make_shared<DiskFile>(std::move(*file));
    }

    void make_device() override
    {
        forget_device();
        blk = std::make_unique<BlkEnds>(loop, disk, "blk 0",
                                        [this](std::string_view text) { told.emplace_back(text); });
        DeviceKind disks = blk->kind();
        disks.program = "paravane-test-disk-backend";
        device = std::make_unique<Device>(*around, disks, 0, *blk);
        ASSERT_TRUE(device->offer());
    }

    // Queues of a depth, which says what the process does.
    void claim_disk(uint32_t depth, uint32_t queues = 1,
                    uint64_t features = PV_BLK_FEATURE_FLUSH | PV_BLK_FEATURE_INDIRECT)
    {
        as_guest("version", "1");
        as_guest("features", std::to_string(features));
        as_guest("epoch", "1");
        for (uint32_t queue = 0; queue < queues; queue++) {
            const uint32_t ring = 2 * queue;
            for (uint32_t number = ring; number < ring + 2; number++)
                as_guest("ring-" + std::to_string(number),
                         std::to_string(number + 1) + " 0 " + std::to_string(depth));
            as_guest("port-" + std::to_string(queue), std::to_string(queue + 3));
        }
        as_guest("state", std::to_string(PV_DEVICE_INITIALISED));
    }

    void let_fifo_be_read() const { EXPECT_EQ(write(fifo.get(), "x", 1), 1); }

    TestDirectory directory;
    std::string fifo_path;
    UniqueFd fifo;
    Disk disk;
    std::unique_ptr<BlkEnds> blk; // goes before the device: reset that first
};

} // namespace paravane
