// SPDX-License-Identifier: Apache-2.0
//
// Sectors that tell which write put them there, and where.
#pragma once

#include <array>
#include <cstdint>

namespace keel::blk::check {

using SectorWords = std::array<uint64_t, 64>;

struct Stamp {
    uint64_t run = 0; // of the program: what an earlier one left is another's
    uint64_t sector = 0;
    uint32_t generation = 0; // which change of this run
};

// What a sector holds.
struct Content {
    enum class Kind : uint8_t {
        zero,
        stamped, // whole: its checksum is right
        other
    };

    Kind kind = Kind::other;
    Stamp stamp; // of one that is stamped
};

void fill(SectorWords &words, const Stamp &stamp);
[[nodiscard]] Content content_of(const SectorWords &words);

} // namespace keel::blk::check
