// SPDX-License-Identifier: Apache-2.0
//
// Which two processors measure. Who shares a core with whom decides a figure more than any code does.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace paravane::bench {

struct Cores {
    int producer = 0;
    int consumer = 0;
    bool siblings = false; // threads of one core, as far as the system tells
};

// The two asked for, or else the first two of this process's processors that are no siblings. On
// failure `error` says why in one line.
[[nodiscard]] std::optional<Cores> choose_cores(std::optional<std::pair<int, int>> asked,
                                                std::string &error);

// Binds the calling process to one processor.
[[nodiscard]] bool pin_to(int core);

} // namespace paravane::bench
