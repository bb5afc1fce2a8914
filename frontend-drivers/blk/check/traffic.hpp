// SPDX-License-Identifier: Apache-2.0
//
// What a checking program does to a disk: requests of all kinds and sizes, which overlap much, and the pieces in
// which their data lies.
#pragma once

#include <cstdint>
#include <span>

#include "frontend-drivers/keel/random_numbers.hpp"

extern "C" {
#include <paravane/blk.h>
}

namespace keel::blk::check {

// Sectors of 512 bytes; all are multiples of the disk's sector.
struct Region {
    uint64_t first = 0;
    uint32_t sectors = 0;
    uint32_t unit = 1; // the disk's sector, 1 or 8
};

struct Step {
    pv_blk_operation operation = PV_BLK_READ;
    bool fua = false;
    uint64_t sector = 0;
    uint32_t sectors = 0; // 0 for a flush alone
};

class Traffic {
  public:
    // Operations as a set of bits 1 << operation.
    Traffic(const Region &region, uint32_t operations, uint64_t seed);

    [[nodiscard]] Step next();
    [[nodiscard]] RandomNumbers &numbers() { return numbers_; }

    // Divides so many sectors into at most pieces.size() pieces of whole units, none of more than `most` sectors;
    // returns how many there are. There must be a way.
    [[nodiscard]] std::size_t divide(uint32_t sectors, uint32_t most, std::span<uint32_t> pieces);

  private:
    [[nodiscard]] bool may(pv_blk_operation operation) const
    {
        return (operations_ >> operation & 1) != 0;
    }
    [[nodiscard]] pv_blk_operation operation();
    [[nodiscard]] uint32_t length();

    Region region_;
    uint32_t operations_;
    RandomNumbers numbers_;
};

} // namespace keel::blk::check
