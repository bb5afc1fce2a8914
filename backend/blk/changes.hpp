// SPDX-License-Identifier: Apache-2.0
//
// Which parts of the disk are being changed. A change that overlaps one under way waits for its end: else the
// older one could land over the newer one, which a replay after a death would make certain.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace paravane::blk {

class Changes {
  public:
    // So many requests may be in flight.
    explicit Changes(uint32_t requests);

    // Whether a change would overlap one under way.
    [[nodiscard]] bool overlaps(uint64_t offset, uint64_t bytes) const;
    void begin(uint64_t offset, uint64_t bytes);
    // Of one that was begun.
    void end(uint64_t offset, uint64_t bytes);

    [[nodiscard]] uint32_t under_way() const { return count_; }

  private:
    struct Range {
        uint64_t offset;
        uint64_t bytes;
    };

    // The disk in zones, each counted in one of these, so that most questions are answered by one look.
    static constexpr uint32_t zone_shift = 18;
    static constexpr uint32_t zones = 1024;
    // Whatever covers more is not worth counting: a look at all ranges then.
    static constexpr uint64_t wide_bytes = uint64_t{1} << 20;

    template <typename Function>
    static void each_zone(uint64_t offset, uint64_t bytes, Function &&function);

    std::array<uint32_t, zones> in_zone_{};
    std::unique_ptr<Range[]> ranges_; // under way, in no order
    uint32_t count_ = 0;
    uint32_t wide_ = 0;
};

} // namespace paravane::blk
