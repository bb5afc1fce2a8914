// SPDX-License-Identifier: Apache-2.0
//
// Our disk, and all its peers that there are on this machine.
#pragma once

#include <string>
#include <vector>

#include "blk/contender.hpp"
#include "blk/rounds.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

// What a reader of the figures is to know of the medium; empty: nothing.
[[nodiscard]] std::string doubt_of(const Medium &medium);

// What is at the path; without one, no medium, which says it has so many bytes.
[[nodiscard]] Result<Medium> find_medium(const std::string &path, uint64_t null_bytes);

[[nodiscard]] std::vector<std::string> contender_names();

struct Choice {
    std::string against = "all";   // the peers: qemu, host or all
    std::vector<std::string> only; // names must have one of these in them; none: all names
};

// A peer that is not there is told of in a note, and left out.
[[nodiscard]] Contenders start_contenders(const Setting &setting, const Choice &choice,
                                          std::vector<std::string> &notes);

} // namespace paravane::bench::blk
