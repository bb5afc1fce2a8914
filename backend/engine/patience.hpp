// SPDX-License-Identifier: Apache-2.0
//
// How long a process without work looks for some before it sleeps. To sleep and to be woken costs more than a
// short wait; so it waits about as long as it had to lately, if that was short, and else not at all. Of work that is
// bound to come, such as the end of I/O, it knows more: it waits longer, and is not woken by each piece of it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace paravane {

class Patience {
  public:
    // 0: there is no core to spare, never wait.
    explicit Patience(uint64_t most_ns) : most_(most_ns), window_(std::min(most_ns, first)) {}

    // There was work until now.
    void worked(uint64_t now) { since_ = now; }
    // Whether to go on looking. expecting: for work that is bound to come.
    [[nodiscard]] bool lasts(uint64_t now, bool expecting) const
    {
        return now - since_ < (expecting ? times_expecting * most_ : window_);
    }
    // It slept until then, as far as it saw.
    void slept(uint64_t until)
    {
        const uint64_t idle = until - since_;

        // Twice as long as it took, since it will not always take the same.
        window_ = idle <= most_ ? std::min(most_, std::max(first, 2 * idle)) : 0;
        since_ = until;
    }

    [[nodiscard]] uint64_t window() const { return window_; }

  private:
    static constexpr uint64_t first = 20000;
    static constexpr uint64_t times_expecting = 5;

    uint64_t most_;
    uint64_t window_;
    uint64_t since_ = 0;
};

} // namespace paravane
