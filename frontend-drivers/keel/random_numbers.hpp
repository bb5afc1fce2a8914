// SPDX-License-Identifier: Apache-2.0
//
// Numbers that look random and are the same for the same seed (xorshift64*).
#pragma once

#include <cstdint>

namespace keel {

class RandomNumbers {
  public:
    explicit RandomNumbers(uint64_t seed) : state_(seed * 2 + 1) {}

    [[nodiscard]] uint64_t next()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * UINT64_C(0x2545f4914f6cdd1d);
    }
    // 0 to `count` - 1.
    [[nodiscard]] uint64_t below(uint64_t count) { return (next() >> 11) % count; }

  private:
    uint64_t state_;
};

} // namespace keel
