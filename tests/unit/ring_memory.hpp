// SPDX-License-Identifier: Apache-2.0
//
// Memory for one ring, seen from outside: the test is the peer that writes any of it, and the guard
// that notices a write beside it.
#pragma once

#include <cstdint>
#include <vector>

#include "rings.hpp"

namespace paravane::unit {

class RingMemory {
  public:
    // Zeroed, page-aligned, between guard bytes.
    explicit RingMemory(uint64_t bytes);
    explicit RingMemory(pv_ring_geometry geometry) : RingMemory(pv_ring_bytes(geometry)) {}
    RingMemory(const RingMemory &) = delete;
    RingMemory &operator=(const RingMemory &) = delete;
    RingMemory(RingMemory &&) = delete;
    RingMemory &operator=(RingMemory &&) = delete;
    ~RingMemory();

    [[nodiscard]] pv_shared at(uint64_t offset = 0) const;
    [[nodiscard]] uint64_t bytes() const { return bytes_; }
    [[nodiscard]] unsigned char *data() { return ring_; }

    // Little-endian, byte by byte, whatever this machine is.
    [[nodiscard]] uint32_t word(uint64_t offset) const;
    void set_word(uint64_t offset, uint32_t value);
    [[nodiscard]] unsigned char byte(uint64_t offset) const { return ring_[offset]; }
    void set_byte(uint64_t offset, unsigned char value) { ring_[offset] = value; }

    [[nodiscard]] std::vector<unsigned char> image() const { return {ring_, ring_ + bytes_}; }
    void restore(const std::vector<unsigned char> &image);
    // True while nobody wrote before the ring or after its last byte.
    [[nodiscard]] bool guards_hold() const;

    // Between the two, whoever touches the ring dies of it.
    void forbid();
    void allow();

  private:
    unsigned char *mapping_;
    uint64_t mapped_;
    unsigned char *ring_;
    uint64_t bytes_;
};

} // namespace paravane::unit
