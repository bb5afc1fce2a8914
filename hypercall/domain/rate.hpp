// SPDX-License-Identifier: Apache-2.0
//
// So many units a second, with a burst. Who asks for more is told how long to wait.
#pragma once

#include <algorithm>
#include <cstdint>

namespace paravane {

class Rate {
  public:
    Rate(uint64_t per_second, uint64_t burst) : per_second_(per_second), burst_(burst) {}

    // Takes them at time `now`, in ns, and returns the wait that makes up for it, in ns.
    [[nodiscard]] uint64_t take(uint64_t units, uint64_t now)
    {
        // When what was taken so far is paid for, a burst ahead.
        paid_ = std::max(paid_, now) + units * second / per_second_;
        return paid_ > now + full() ? paid_ - now - full() : 0;
    }

  private:
    static constexpr uint64_t second = 1000000000;
    [[nodiscard]] uint64_t full() const { return burst_ * second / per_second_; }

    uint64_t per_second_;
    uint64_t burst_;
    uint64_t paid_ = 0;
};

} // namespace paravane
