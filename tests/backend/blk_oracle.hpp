// SPDX-License-Identifier: Apache-2.0
//
// What a disk may hold, by what its guest was told. Each sector says what it is: where it lies, and which
// write it comes from. Of writes that were on their way together either may be the last one; one that was
// answered before another began never is, nor is the earlier of two in the same queue.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

extern "C" {
#include <paravane/blk.h>
}

namespace paravane::backend_test {

using Sector = std::array<std::byte, PV_BLK_SECTOR>;

// The content of a sector that write number `generation` writes.
[[nodiscard]] Sector sector_of(uint64_t sector, uint64_t generation);

class BlkOracle {
  public:
    // What a change leaves in its sectors.
    enum class Kind : uint8_t { data, zero, anything };

    // A change of a range, from when it is asked for until it is answered.
    struct Change {
        uint64_t generation = 0;
        uint64_t sector = 0;
        uint32_t sectors = 0;
    };
    // The same of a read, with what each of its sectors may be by what was known when it began.
    struct Look {
        struct MayBe {
            std::vector<uint64_t> generations; // of data
            bool zero = false;
            bool anything = false;
            bool torn = false; // it was being written then
        };
        uint64_t began = 0;
        uint64_t sector = 0;
        std::vector<MayBe> sectors;
    };

    // A disk of zeroes.
    explicit BlkOracle(uint64_t sectors) : sectors_(sectors) {}

    [[nodiscard]] Change begin_change(Kind kind, uint32_t queue, uint64_t sector, uint32_t sectors);
    void end_change(const Change &change);
    [[nodiscard]] Look begin_look(uint64_t sector, uint32_t sectors) const;
    // How many of the sectors that were read are nothing that they may be.
    [[nodiscard]] uint64_t end_look(const Look &look, std::span<const std::byte> content);

    // Sectors that were looked at so far.
    [[nodiscard]] uint64_t looked_at() const { return looked_at_; }

  private:
    static constexpr uint64_t never = std::numeric_limits<uint64_t>::max();

    struct Write {
        uint64_t generation; // when it began
        uint64_t ended;
        uint32_t queue;
        Kind kind;
    };
    struct History {
        // Those that may be the last one; at first, that there is nothing.
        std::vector<Write> writes{{0, 0, std::numeric_limits<uint32_t>::max(), Kind::zero}};
        std::array<uint64_t, 3> newest{}; // when one of each kind last began
    };

    [[nodiscard]] static bool may_be(const History &history, const Look::MayBe &sector,
                                     uint64_t began, uint64_t number,
                                     std::span<const std::byte> content);

    std::vector<History> sectors_;
    uint64_t clock_ = 0;
    uint64_t looked_at_ = 0;
};

} // namespace paravane::backend_test
