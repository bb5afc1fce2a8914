// SPDX-License-Identifier: Apache-2.0
//
// The ids in flight, kept once more in the plainest way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>

#include "input.hpp"
#include "verdict.hpp"

extern "C" {
#include <paravane/ids.h>
}

namespace paravane::fuzz {

struct Flight {
    uint32_t depth = 0;
    std::set<uint32_t> ids;

    [[nodiscard]] bool knows(uint32_t id) const { return id < depth; }
    [[nodiscard]] bool holds(uint32_t id) const { return ids.contains(id); }

    // The real ids agree, in number and one by one.
    void check(const pv_ids &real) const
    {
        require(real.depth == depth && real.pending == ids.size(), "as many are in flight");
        for (uint32_t id = 0; id < depth; id++)
            require(pv_ids_pending(&real, id) == holds(id), "the same ids are in flight");
    }

    // One in flight, one that is free, one at the end, or any.
    uint32_t guess(Input &input) const
    {
        const uint32_t kind = input.below(4);
        const uint32_t number = input.byte();
        if (kind == 0 && !ids.empty())
            return *std::next(ids.begin(), static_cast<std::ptrdiff_t>(number % ids.size()));
        if (kind == 1 && depth != 0)
            return number % depth;
        if (kind == 2)
            return (depth + number % 4 - 1) & 0xffff;
        return (number << 8 | input.byte()) & 0xffff;
    }
};

} // namespace paravane::fuzz
