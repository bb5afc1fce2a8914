// SPDX-License-Identifier: Apache-2.0
//
// Memory for a checking program's requests: pages of several grants, given out one by one and in no order, and a
// few large pieces.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "frontend-drivers/blk/buffers.hpp"

namespace keel::blk::check {

class Pool {
  public:
    static constexpr uint32_t page_sectors = Arena::page / PV_BLK_SECTOR;
    static constexpr uint32_t large_sectors = PV_BLK_REQUEST_SECTORS_MAX;
    static constexpr uint32_t none = UINT32_MAX;

    // At most so many pages for the small ones.
    explicit Pool(uint32_t pages);

    [[nodiscard]] bool good() const;
    // A page that is not in use. There must be one.
    [[nodiscard]] uint32_t take() { return free_[--free_count_]; }
    void give(uint32_t page) { free_[free_count_++] = page; }
    [[nodiscard]] uint32_t free_pages() const { return free_count_; }
    [[nodiscard]] Segment segment(uint32_t page, uint32_t offset, uint32_t bytes) const
    {
        return grants_[page % grants].segment(page / grants, offset, bytes);
    }
    [[nodiscard]] pv_shared at(uint32_t page) const
    {
        return grants_[page % grants].at(page / grants);
    }

    // `none` where all are in use.
    [[nodiscard]] uint32_t take_large();
    void give_large(uint32_t number) { large_used_[number] = false; }
    [[nodiscard]] const Buffers &large() const { return large_; }

  private:
    static constexpr uint32_t grants = 4;
    static constexpr uint32_t large_count = 2;

    std::array<Buffers, grants> grants_;
    Buffers large_;
    std::array<bool, large_count> large_used_{};
    std::unique_ptr<uint32_t[]> free_;
    uint32_t free_count_;
};

} // namespace keel::blk::check
