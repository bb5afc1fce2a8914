// SPDX-License-Identifier: Apache-2.0
//
// The one memory of the recorded access policy: what it holds, and who touched which byte how often.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../rings.hpp"

namespace paravane::unit {

class Recorder {
  public:
    // What the policy's functions use. Each test begins with an empty one.
    static Recorder &instance();

    // Zeroed memory of that many bytes at an address that is no pointer.
    void reset(uint32_t bytes);
    // Forgets the accesses, not the memory.
    void begin();

    [[nodiscard]] static pv_shared at(uint32_t offset = 0) { return {base + offset}; }
    [[nodiscard]] uint32_t bytes() const { return static_cast<uint32_t>(memory_.size()); }
    [[nodiscard]] uint32_t word(uint32_t offset) const;
    void set_word(uint32_t offset, uint32_t value);

    // Since begin().
    [[nodiscard]] unsigned int reads_of(uint32_t offset) const { return reads_[offset]; }
    [[nodiscard]] unsigned int most_reads() const;
    [[nodiscard]] uint32_t bytes_read(uint32_t from, uint32_t to) const;
    [[nodiscard]] uint32_t bytes_written(uint32_t from, uint32_t to) const;
    // Words and fences in their order, such as "release 0x000, fence, load 0x180".
    [[nodiscard]] const std::string &trace() const { return trace_; }

    // For the policy.
    uint32_t load(pv_shared from, const char *order);
    void store(pv_shared to, uint32_t value, const char *order);
    void fence();
    void copy_out(unsigned char *to, pv_shared from, uint32_t bytes);
    void copy_in(pv_shared to, const unsigned char *from, uint32_t bytes);

  private:
    static constexpr uintptr_t base = 0x1000;

    [[nodiscard]] uint32_t offset_of(pv_shared at, uint32_t bytes) const;
    void note(const std::string &what);

    std::vector<unsigned char> memory_;
    std::vector<unsigned int> reads_;
    std::vector<unsigned int> writes_;
    std::string trace_;
};

} // namespace paravane::unit
