// SPDX-License-Identifier: Apache-2.0
//
// A 128-bit rolling digest (two independent multiply-and-fold lanes) and the set of those seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace paravane::explorer {

struct Digest {
    std::uint64_t low = 0x243f6a8885a308d3U;
    std::uint64_t high = 0x13198a2e03707344U;

    void add(std::uint64_t item)
    {
        low = fold(low ^ item, 0x9e3779b97f4a7c15U);
        high = fold(high + item, 0xd6e8feb86659fd93U) ^ (item * 0xff51afd7ed558ccdU);
    }

  private:
    __extension__ using Wide = unsigned __int128;
    static std::uint64_t fold(std::uint64_t left, std::uint64_t right)
    {
        const Wide product = static_cast<Wide>(left ^ 0xa0761d6478bd642fU) * right;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^
               (left << 29 | left >> 35);
    }
};

// Open addressing; a digest is its own hash. The digest of all zeros would be lost: never minded.
class DigestSet {
  public:
    bool insert(const Digest &digest) // true: it is new
    {
        if (2 * (size_ + 1) > slots_.size())
            grow();
        if (!place(slots_, digest.low, digest.high))
            return false;
        size_++;
        return true;
    }
    void clear()
    {
        slots_.clear();
        size_ = 0;
    }

  private:
    struct Slot {
        std::uint64_t low = 0;
        std::uint64_t high = 0;
    };
    static bool place(std::vector<Slot> &slots, std::uint64_t low, std::uint64_t high)
    {
        const std::size_t mask = slots.size() - 1;
        for (std::size_t at = low & mask;; at = (at + 1) & mask) {
            if (slots[at].low == low && slots[at].high == high)
                return false;
            if (slots[at].low == 0 && slots[at].high == 0) {
                slots[at] = {low, high};
                return true;
            }
        }
    }
    void grow()
    {
        std::vector<Slot> wider(slots_.empty() ? 1024 : 2 * slots_.size());
        for (const Slot &slot : slots_) {
            if (slot.low != 0 || slot.high != 0)
                place(wider, slot.low, slot.high);
        }
        slots_.swap(wider);
    }

    std::vector<Slot> slots_;
    std::size_t size_ = 0;
};

} // namespace paravane::explorer
