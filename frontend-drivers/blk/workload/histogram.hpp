// SPDX-License-Identifier: Apache-2.0
//
// How often which value was seen: 32 steps of equal width for each power of two, so within 3.2 %. Integers
// alone, and a handful of instructions a value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace keel::workload {

class Histogram {
  public:
    static constexpr uint32_t step_bits = 5;
    static constexpr uint32_t steps = 1U << step_bits;
    // Larger values count as this one: in ns, 18 minutes.
    static constexpr uint32_t most_bits = 40;
    static constexpr uint64_t most = (uint64_t{1} << most_bits) - 1;
    static constexpr std::size_t buckets = std::size_t{most_bits - step_bits + 1} << step_bits;

    static constexpr std::size_t bucket_of(uint64_t value)
    {
        if (value < steps)
            return static_cast<std::size_t>(value);
        const auto shift = static_cast<uint32_t>(std::bit_width(value)) - step_bits - 1;
        return static_cast<std::size_t>((uint64_t{shift} << step_bits) + (value >> shift));
    }

    // The smallest value that counts there, and the largest.
    static constexpr uint64_t lowest(std::size_t bucket)
    {
        if (bucket / 2 < steps)
            return bucket;
        const std::size_t shift = bucket / steps - 1;
        return uint64_t{steps + bucket % steps} << shift;
    }
    static constexpr uint64_t highest(std::size_t bucket) { return lowest(bucket + 1) - 1; }

    void add(uint64_t value)
    {
        counts_[bucket_of(std::min(value, most))]++;
        greatest_ = std::max(greatest_, value);
    }
    void add(const Histogram &other)
    {
        for (std::size_t i = 0; i < buckets; i++)
            counts_[i] += other.counts_[i];
        greatest_ = std::max(greatest_, other.greatest_);
    }
    void clear()
    {
        counts_.fill(0);
        greatest_ = 0;
    }

    [[nodiscard]] uint64_t count(std::size_t bucket) const { return counts_[bucket]; }
    [[nodiscard]] uint64_t total() const
    {
        uint64_t all = 0;
        for (const uint64_t count : counts_)
            all += count;
        return all;
    }
    [[nodiscard]] uint64_t greatest() const { return greatest_; }
    // No more than this are `thousandths` of all values, or more of them; 0 where there are none.
    [[nodiscard]] uint64_t at(uint32_t thousandths) const
    {
        const uint64_t all = total();
        const uint64_t rank = all / 1000 * thousandths + (all % 1000 * thousandths + 999) / 1000;
        uint64_t before = 0;

        if (all == 0)
            return 0;
        for (std::size_t i = 0; i < buckets; i++) {
            before += counts_[i];
            if (before >= rank && before > 0)
                return std::min(highest(i), greatest_);
        }
        return greatest_;
    }

  private:
    std::array<uint64_t, buckets> counts_{};
    uint64_t greatest_ = 0;
};

} // namespace keel::workload
