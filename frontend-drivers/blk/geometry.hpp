// SPDX-License-Identifier: Apache-2.0
//
// What a disk is like, as its backend says; checked, since others count on it.
#pragma once

#include <cstdint>

#include "frontend-drivers/device/properties.hpp"

extern "C" {
#include <paravane/blk.h>
#include <paravane/ring.h>
}

namespace keel::blk {

struct Geometry {
    // Then its bytes are a number of 64 bits.
    static constexpr uint64_t sectors_max = UINT64_MAX / PV_BLK_SECTOR;

    uint64_t sectors = 0; // of 512 bytes
    uint32_t sector_bytes = PV_BLK_SECTOR;
    uint32_t block_bytes = PV_BLK_SECTOR;
    uint32_t optimal_bytes = 0; // 0: not known
    uint32_t discard_bytes = PV_BLK_SECTOR;
    uint32_t queues_max = 1;
    uint32_t depth_max = PV_RING_SLOTS_MIN;
};

// False where the backend does not say what is needed, or says what cannot be.
[[nodiscard]] bool read_geometry(device::Properties &properties, Geometry &geometry);

// How a disk is used: what was asked for, as far as the disk allows it.
struct Shape {
    uint32_t queues = 0; // 1 to PV_BLK_QUEUES_LIMIT
    uint32_t depth = 0;  // of each, a power of two
};

// 0 queues: one for each of so many vCPUs.
[[nodiscard]] Shape shape_for(const Geometry &geometry, uint32_t queues, uint32_t depth,
                              uint32_t vcpus);

} // namespace keel::blk
