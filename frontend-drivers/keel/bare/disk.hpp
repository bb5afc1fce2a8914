// SPDX-License-Identifier: Apache-2.0
//
// What all drivers of the image have in common: see frontend-drivers/blk/workload/disk.hpp for the rest of what
// they do. They poll, and no interrupt comes; none is in use by two jobs at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include "frontend-drivers/blk/workload/disk.hpp"
#include "frontend-drivers/keel/bare/layout.h"

extern "C" {
#include <paravane/shared.h>
}

namespace keel::bare {

using workload::Io;
using workload::Kind;

// What a driver may do that its device offers.
struct Features {
    bool event_index = false;      // virtio: notify by event index; else by the flag
    bool indirect = false;         // virtio: one ring entry a request, which names a table
    bool shadow_doorbells = false; // NVMe: doorbells in memory
};

// Nothing where all is well; else what is wrong.
using Complaint = std::string_view;

constexpr int32_t status_io = -5;
constexpr int32_t status_not_there = -95;

class Disk {
  public:
    static constexpr uint32_t page_bytes = 4096;

    [[nodiscard]] uint64_t sectors() const { return sectors_; }
    // Requests in flight, and bytes of one.
    [[nodiscard]] uint32_t depth_max() const { return depth_max_; }
    [[nodiscard]] uint32_t bytes_max() const { return bytes_max_; }

    // Room for so many buffers of so many bytes, each in the machine's memory at a multiple of its size. False:
    // there is not enough.
    [[nodiscard]] bool set_buffers(uint32_t count, uint32_t bytes)
    {
        stride_ = std::bit_ceil(std::max(bytes, page_bytes));
        return stride_ * count <= BARE_MEMORY - BARE_BUFFERS;
    }
    [[nodiscard]] pv_shared buffer(uint32_t number) const { return {buffer_address(number)}; }

  protected:
    // As the device names memory.
    [[nodiscard]] uint64_t buffer_address(uint32_t number) const
    {
        return BARE_BUFFERS + number * stride_;
    }

    uint64_t sectors_ = 0;
    uint32_t depth_max_ = 0;
    uint32_t bytes_max_ = 0;

  private:
    uint64_t stride_ = page_bytes;
};

} // namespace keel::bare
