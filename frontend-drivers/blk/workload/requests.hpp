// SPDX-License-Identifier: Apache-2.0
//
// The requests of a job, one after another: the same ones for the same seed, and a few ns each.
#pragma once

#include <algorithm>
#include <cstdint>

#include "frontend-drivers/blk/workload/disk.hpp"
#include "frontend-drivers/blk/workload/job.hpp"

namespace keel::workload {

class Requests {
  public:
    static constexpr uint32_t sector_bytes = 512;

    // The job must be one that fits() says yes to.
    Requests(const Job &job, uint64_t disk_sectors)
        : state_(job.seed * 2 + 1), first_(job.first), sectors_(job.bytes / sector_bytes),
          places_(region(job, disk_sectors) / sectors_),
          reads_(uint64_t{job.read_percent} * (uint64_t{1} << 32) / 100),
          random_(job.pattern == Pattern::random)
    {
    }

    // The job's values are in range, and its region holds at least one request.
    [[nodiscard]] static bool fits(const Job &job, uint64_t disk_sectors)
    {
        return job.bytes != 0 && job.bytes % sector_bytes == 0 && job.depth != 0 &&
               job.depth <= Job::depth_max && job.read_percent <= 100 &&
               job.first <= disk_sectors && job.sectors <= disk_sectors - job.first &&
               region(job, disk_sectors) >= job.bytes / sector_bytes;
    }

    // With no tag and no buffer yet.
    [[nodiscard]] Io next()
    {
        const uint64_t number = draw();
        uint64_t place = 0;

        if (random_) {
            place = static_cast<uint64_t>(Wide{number} * places_ >> 64);
        } else {
            place = next_;
            next_ = next_ + 1 < places_ ? next_ + 1 : 0;
        }
        return {static_cast<uint32_t>(number) < reads_ ? Kind::read : Kind::write,
                first_ + place * sectors_, sectors_, 0, 0};
    }
    [[nodiscard]] uint32_t sectors() const { return sectors_; }

  private:
    __extension__ using Wide = unsigned __int128;

    static uint64_t region(const Job &job, uint64_t disk_sectors)
    {
        return job.sectors != 0 ? job.sectors : disk_sectors - job.first;
    }
    // xorshift64*, as keel::RandomNumbers has it, without a division.
    uint64_t draw()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * UINT64_C(0x2545f4914f6cdd1d);
    }

    uint64_t state_;
    uint64_t first_;
    uint32_t sectors_; // a request
    uint64_t places_;  // where one may begin
    uint64_t next_ = 0;
    uint64_t reads_; // of 2^32
    bool random_;
};

} // namespace keel::workload
