// SPDX-License-Identifier: Apache-2.0
//
// Two processes, one a core, that do their halves of one measurement and meet before each repetition.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ring/setting.hpp"

namespace paravane::bench {

inline constexpr uint32_t repetitions_max = 64;

// What one half tells of one repetition: when it began and ended, in cycles, and a count of its own.
struct Half {
    uint64_t start = 0;
    uint64_t end = 0;
    uint64_t count = 0;

    [[nodiscard]] double taken() const { return static_cast<double>(end - start); }
};

struct Repetition {
    Half first;
    Half second;
};

// In memory that both processes and their parent share.
struct PairMemory {
    alignas(128) std::array<std::atomic<uint32_t>, 2> arrived = {};
    alignas(128) std::array<std::array<Half, repetitions_max>, 2> halves = {};
};

// One process's side of the pair.
class Side {
  public:
    Side(PairMemory &memory, uint32_t self) : memory_(memory), self_(self) {}

    // Returns when the other has come as often. Polls: both are to start at one moment.
    void meet();

    // The same, leaving the processor to others meanwhile.
    void meet_politely();

    void record(uint32_t repetition, const Half &half) { memory_.halves[self_][repetition] = half; }

  private:
    void arrive();
    [[nodiscard]] bool alone() const;

    PairMemory &memory_;
    uint32_t self_;
    uint32_t met_ = 0;
};

// False: what was measured is worth nothing, a ring was refused for instance.
using Body = std::function<bool(Side &)>;

// `half(side, repetition)` for the warm-up and each repetition, begun when both sides have done with
// the one before.
template <typename Function> [[nodiscard]] Body repeated(uint32_t repetitions, Function half)
{
    return [repetitions, half](Side &side) {
        for (uint32_t i = 0; i <= repetitions; i++) {
            side.meet();
            if (!half(side, i))
                return false;
        }
        return true;
    };
}

// Runs both and returns what they recorded, the first repetition (the warm-up) left out. Bodies run
// `repetitions` + 1 of them. On failure `error` says why, and nothing is returned.
[[nodiscard]] std::vector<Repetition> run_pair(const Setting &setting, uint32_t repetitions,
                                               const Body &first, const Body &second,
                                               std::string &error);

} // namespace paravane::bench
