// SPDX-License-Identifier: Apache-2.0
//
// Memory of the arena that a disk may read into and write from: pieces of equal size.
#pragma once

#include <cstdint>

#include "frontend-drivers/blk/request.hpp"
#include "frontend-drivers/device/wiring.hpp"
#include "frontend-drivers/keel/grants.hpp"

namespace keel::blk {

class Buffers {
  public:
    Buffers() = default;
    // All in one grant, so of less than 4 GiB.
    Buffers(uint32_t count, uint32_t bytes)
        : memory_(pages_for(count, bytes), device::Wiring::host, Access::write), bytes_(bytes)
    {
    }

    // False: the arena has no such room.
    [[nodiscard]] bool good() const { return memory_.good(); }
    [[nodiscard]] uint32_t bytes() const { return bytes_; }
    [[nodiscard]] pv_shared at(uint32_t number) const
    {
        return pv_shared_at(memory_.memory(), number * bytes_);
    }
    // `bytes` of that one, from `offset` on.
    [[nodiscard]] Segment segment(uint32_t number, uint32_t offset, uint32_t bytes) const
    {
        return {memory_.ref(), number * bytes_ + offset, bytes};
    }

  private:
    static uint64_t pages_for(uint32_t count, uint32_t bytes)
    {
        return (uint64_t{count} * bytes + Arena::page - 1) / Arena::page;
    }

    GrantedMemory memory_;
    uint32_t bytes_ = 0;
};

} // namespace keel::blk
