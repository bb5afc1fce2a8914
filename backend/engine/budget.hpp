// SPDX-License-Identifier: Apache-2.0
//
// A rate that is not to be exceeded, but for bursts: a clock that runs ahead of the real one by what was used,
// and not further than a burst. Exact in the long run whatever the sizes, for what is used too early is
// owed.
#pragma once

#include <algorithm>
#include <cstdint>

namespace paravane {

class Budget {
  public:
    static constexpr uint64_t second = 1000000000;

    // Takes `amount` (at most 2^33) of `rate` a second (0: there is no limit), if that is in order now. Else
    // the time until it is, in ns, and nothing is taken.
    [[nodiscard]] uint64_t take(uint64_t amount, uint64_t rate, uint64_t burst_ns, uint64_t now)
    {
        if (rate != rate_)
            change(rate, now);
        if (rate == 0)
            return 0;
        // What was not used is not saved up, the burst apart.
        ahead_ = std::max(ahead_, now);
        if (ahead_ - now > burst_ns)
            return ahead_ - now - burst_ns;
        const uint64_t cost = amount * second + rest_;

        ahead_ += cost / rate;
        rest_ = cost % rate;
        return 0;
    }

    // Of an amount that was taken and not used.
    void give_back(uint64_t amount, uint64_t rate)
    {
        if (rate != 0)
            ahead_ -= std::min(ahead_, amount * second / rate);
    }

  private:
    // What is owed is paid at the new rate if that is faster, and forgotten where there is none.
    void change(uint64_t rate, uint64_t now)
    {
        const auto owed = static_cast<double>(ahead_ - std::min(ahead_, now));

        if (rate == 0)
            ahead_ = 0;
        else if (rate > rate_)
            ahead_ = now + static_cast<uint64_t>(owed * static_cast<double>(rate_) /
                                                 static_cast<double>(rate));
        rate_ = rate;
        rest_ = 0;
    }

    uint64_t rate_ = 0;
    uint64_t ahead_ = 0; // ns of the clock
    uint64_t rest_ = 0;  // of a division
};

} // namespace paravane
