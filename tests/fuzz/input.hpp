// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer gives, read as numbers; after its end everything is 0.
#pragma once

#include <cstddef>
#include <cstdint>

namespace paravane::fuzz {

class Input {
  public:
    Input(const uint8_t *data, size_t size) : next_(data), end_(data + size) {}

    [[nodiscard]] bool at_end() const { return next_ == end_; }

    uint8_t byte() { return at_end() ? uint8_t{0} : *next_++; }
    uint32_t word()
    {
        uint32_t value = 0;
        for (unsigned int shift = 0; shift < 32; shift += 8)
            value |= static_cast<uint32_t>(byte()) << shift;
        return value;
    }
    // From 0 to limit - 1, of a byte: small.
    uint32_t below(uint32_t limit) { return byte() % limit; }
    // From -128 to 127, as what is added to an index.
    uint32_t step() { return static_cast<uint32_t>(static_cast<int8_t>(byte())); }

  private:
    const uint8_t *next_;
    const uint8_t *end_;
};

} // namespace paravane::fuzz
