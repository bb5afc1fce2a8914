// SPDX-License-Identifier: Apache-2.0
//
// Small, fast and repeatable: the state is one word, so a seed on the command line is all of it.
#pragma once

#include <cstdint>

namespace paravane::stress {

// The finaliser of SplitMix64: every bit of the result depends on every bit of `value`.
inline uint64_t mixed(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed) {}

    uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15U); }
    uint32_t word() { return static_cast<uint32_t>(next() >> 32); }

    // `limit` is not 0. The bias of the remainder is far below what a stress run could notice.
    uint32_t below(uint32_t limit) { return word() % limit; }
    uint32_t between(uint32_t least, uint32_t most) { return least + below(most - least + 1); }
    bool one_in(uint32_t times) { return below(times) == 0; }

    // A power of two, each exponent as likely as the other.
    uint32_t power(uint32_t least_exponent, uint32_t most_exponent)
    {
        return 1U << between(least_exponent, most_exponent);
    }

    // An index from which the next few thousand steps usually pass 2^32.
    uint32_t index_before_wrap() { return one_in(8) ? word() : 0U - below(2048); }

  private:
    uint64_t state_;
};

} // namespace paravane::stress
