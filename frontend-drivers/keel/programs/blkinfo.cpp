// SPDX-License-Identifier: Apache-2.0
//
// Says what a disk is like, and, if that is wanted, again whenever its size changes.
#include "frontend-drivers/blk/buffers.hpp"
#include "frontend-drivers/device/values.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/disk.hpp"
#include "frontend-drivers/keel/programs/settings.hpp"

namespace keel::program {

namespace {

// Asks the disk for its serial number.
class Identity final : public OpenDisk::Worker {
  public:
    [[nodiscard]] bool good() const { return buffers_.good(); }
    // None yet: 1.
    [[nodiscard]] int32_t status() const { return status_; }
    // Made fit to be shown.
    void serial(Writer &to) const
    {
        pv_blk_identity identity = {};
        std::size_t length = 0;

        pv_shared_copy_out(&identity, buffers_.at(0), sizeof(identity));
        while (length < PV_BLK_SERIAL_BYTES && identity.serial[length] != 0)
            length++;
        device::put_words(to, {std::bit_cast<const char *>(&identity.serial[0]), length});
    }

    void run(blk::Channel &channel, blk::Attendant &attendant) override
    {
        const blk::Segment segment = buffers_.segment(0, 0, sizeof(pv_blk_identity));

        while (!channel.put({PV_BLK_IDENTIFY, false, 0, 0, std::span(&segment, 1)}, 0) &&
               !attendant.stopped())
            attendant.polled(0);
        channel.kick();
        while (status_ > 0 && !attendant.stopped())
            attendant.polled(channel.poll([this](uint64_t, int32_t status) { status_ = status; }));
    }

  private:
    blk::Buffers buffers_{1, sizeof(pv_blk_identity)};
    int32_t status_ = 1;
};

void tell(const blk::Disk &disk, uint64_t sectors, const Identity &identity)
{
    const blk::Geometry &geometry = disk.geometry();
    const uint64_t features = disk.device().terms().features;
    std::array<char, PV_BLK_SERIAL_BYTES> room{};
    Writer serial(room);

    if (identity.status() == 0)
        identity.serial(serial);
    print("disk      {} sectors of 512 bytes, {} MiB{}", sectors, sectors >> 11,
          disk.read_only() ? ", read-only" : "");
    print("sector    {} bytes, best written {} at once, moved {}, discarded {}",
          geometry.sector_bytes, geometry.block_bytes, geometry.optimal_bytes,
          geometry.discard_bytes);
    print("can       flush {}, discard {}, write-zeroes {}, indirect {}",
          (features & PV_BLK_FEATURE_FLUSH) != 0, (features & PV_BLK_FEATURE_DISCARD) != 0,
          (features & PV_BLK_FEATURE_WRITE_ZEROES) != 0, (features & PV_BLK_FEATURE_INDIRECT) != 0);
    print("queues    {} of {}, {} deep of {}", disk.queues(), geometry.queues_max, disk.depth(),
          geometry.depth_max);
    print("serial    {}", serial.text());
    print("@pv blkinfo sectors {} sector-bytes {} features {} queues {} depth {} identify {}",
          sectors, geometry.sector_bytes, features, disk.queues(), disk.depth(), identity.status());
}

} // namespace

uint32_t blkinfo(Words arguments)
{
    Settings settings(arguments);
    uint32_t number = 0;

    settings.number("disk", 0, 999, number);
    const bool watch = settings.word("watch");
    if (!settings.wrong().empty()) {
        print("blkinfo: this is not understood: {}", settings.wrong());
        return status_wrong_usage;
    }
    // Its memory goes after the disk, which may still be using it.
    std::array<std::unique_ptr<OpenDisk::Worker>, 1> workers;
    OpenDisk open(number, {0, blk::Options().depth, true});
    if (!open.begin("blkinfo"))
        return open.requests().shutdown() ? 0 : 1;
    auto owned = std::make_unique<Identity>();
    const Identity &identity = *owned;
    workers[0] = std::move(owned);
    if (!identity.good()) {
        print("blkinfo: the arena has no room");
        return 1;
    }
    open.run(workers, blk::Waiting::sleep);
    const blk::Disk &disk = open.disk();
    // Before it is printed: it may grow meanwhile.
    uint64_t seen = disk.sectors();
    tell(disk, seen, identity);
    while (watch && open.requests().wait([&] { return disk.sectors() != seen; })) {
        seen = disk.sectors();
        print("@pv blkinfo-size {}", seen);
    }
    return identity.status() == 0 ? 0 : 1;
}

} // namespace keel::program
