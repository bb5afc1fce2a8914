// SPDX-License-Identifier: Apache-2.0
//
// Zeroed memory that begins at a page.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace keel {

class Pages {
  public:
    explicit Pages(std::size_t count) : memory_((count + 1) * page), count_(count)
    {
        const auto address = reinterpret_cast<uintptr_t>(memory_.data());
        begin_ = memory_.data() + (page - address % page) % page;
    }

    [[nodiscard]] std::byte *at(std::size_t number) const { return begin_ + number * page; }
    [[nodiscard]] bool holds(const void *block, std::size_t bytes) const
    {
        const auto *begin = static_cast<const std::byte *>(block);
        return begin >= begin_ && begin + bytes <= begin_ + count_ * page;
    }

  private:
    static constexpr std::size_t page = 4096;

    std::vector<std::byte> memory_;
    std::byte *begin_ = nullptr;
    std::size_t count_;
};

} // namespace keel
