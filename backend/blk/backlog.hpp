// SPDX-License-Identifier: Apache-2.0
//
// A queue of fixed room, first in, first out.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace paravane::blk {

template <typename Item> class Backlog {
  public:
    // There is never more in it than this.
    explicit Backlog(uint32_t most)
        : mask_(std::bit_ceil(most) - 1), items_(std::make_unique<Item[]>(std::size_t{mask_} + 1))
    {
    }

    [[nodiscard]] bool empty() const { return first_ == behind_; }
    [[nodiscard]] const Item &front() const { return items_[first_ & mask_]; }
    void push(const Item &item) { items_[behind_++ & mask_] = item; }
    // Before all others.
    void push_front(const Item &item) { items_[--first_ & mask_] = item; }
    void pop() { first_++; }

  private:
    uint32_t mask_;
    std::unique_ptr<Item[]> items_;
    uint32_t first_ = 0;
    uint32_t behind_ = 0;
};

} // namespace paravane::blk
