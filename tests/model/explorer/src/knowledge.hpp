// SPDX-License-Identifier: Apache-2.0
//
// What earlier rounds have learned of the program: which threads write a word, and with which value
// its nth store of each can be executed. Only consistent executions teach; so a value that nothing
// computes without assuming it (out of thin air) is never known.
#pragma once

#include <algorithm>
#include <vector>

#include "limits.hpp"

namespace paravane::explorer {

struct Expected {
    std::uint8_t owner;
    std::uint8_t nth;
    std::uint32_t value;

    bool operator==(const Expected &other) const
    {
        return owner == other.owner && nth == other.nth && value == other.value;
    }
};

class Knowledge {
  public:
    bool single_writer(std::uint8_t word) const
    {
        return (writers_[word] & (writers_[word] - 1U)) == 0;
    }
    const std::vector<Expected> &expected(std::uint8_t word) const { return expected_[word]; }

    void learn(std::uint8_t word, const Expected &store)
    {
        writers_[word] = static_cast<std::uint8_t>(writers_[word] | 1U << store.owner);
        std::vector<Expected> &stores = expected_[word];
        if (std::find(stores.begin(), stores.end(), store) == stores.end())
            stores.push_back(store);
    }

    // Could a round that knows this find more than one that knew `before`? Values matter only where
    // a thread other than the owner reads with a relaxed load: `early_readers`, a bit a thread.
    bool adds_to(const Knowledge &before,
                 const std::array<std::uint8_t, max_words> &early_readers) const
    {
        for (std::uint8_t word = 0; word < max_words; word++) {
            if (before.single_writer(word) && !single_writer(word))
                return true;
            for (const Expected &store : expected_[word]) {
                const std::vector<Expected> &old = before.expected_[word];
                if ((early_readers[word] & ~(1U << store.owner)) != 0 &&
                    std::find(old.begin(), old.end(), store) == old.end())
                    return true;
            }
        }
        return false;
    }

  private:
    std::array<std::uint8_t, max_words> writers_{};
    std::array<std::vector<Expected>, max_words> expected_{};
};

} // namespace paravane::explorer
