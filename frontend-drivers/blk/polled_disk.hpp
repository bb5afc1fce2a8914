// SPDX-License-Identifier: Apache-2.0
//
// A channel as workloads know disks.
#pragma once

#include "frontend-drivers/blk/attendant.hpp"
#include "frontend-drivers/blk/buffers.hpp"
#include "frontend-drivers/blk/device.hpp"
#include "frontend-drivers/blk/workload/disk.hpp"

namespace keel::blk {

class PolledDisk {
  public:
    PolledDisk(const Disk &disk, Channel &channel, const Buffers &buffers, Attendant &attendant)
        : disk_(disk), channel_(channel), buffers_(buffers), attendant_(attendant)
    {
    }

    [[nodiscard]] bool put(const workload::Io &io)
    {
        const Segment segment = buffers_.segment(io.buffer, 0, io.sectors * PV_BLK_SECTOR);
        const bool flush = io.kind == workload::Kind::flush;

        return channel_.put({operation_of(io.kind), false, io.sector, io.sectors,
                             std::span<const Segment>(&segment, flush ? 0 : 1)},
                            io.tag);
    }
    void kick() { channel_.kick(); }
    template <class Done> uint32_t poll(Done &&done)
    {
        const uint32_t count = channel_.poll(
            [&](uint64_t tag, int32_t status) { done(static_cast<uint32_t>(tag), status); });

        completed_ += count;
        attendant_.polled(count);
        return count;
    }
    [[nodiscard]] uint64_t sectors() const { return disk_.sectors(); }
    [[nodiscard]] pv_shared buffer(uint32_t number) const { return buffers_.at(number); }
    // Requests, all of its life.
    [[nodiscard]] uint64_t completed() const { return completed_; }
    [[nodiscard]] bool ended() const { return attendant_.stopped(); }

  private:
    static pv_blk_operation operation_of(workload::Kind kind)
    {
        switch (kind) {
        case workload::Kind::read:
            return PV_BLK_READ;
        case workload::Kind::write:
            return PV_BLK_WRITE;
        case workload::Kind::flush:
            break;
        }
        return PV_BLK_FLUSH;
    }

    const Disk &disk_;
    Channel &channel_;
    const Buffers &buffers_;
    Attendant &attendant_;
    uint64_t completed_ = 0;
};

static_assert(workload::PolledDisk<PolledDisk>);

} // namespace keel::blk
