// SPDX-License-Identifier: Apache-2.0
//
// All peers that there are on this machine.
#pragma once

#include <string>
#include <vector>

#include "blk/contender.hpp"
#include "blk/rounds.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

// What is at the path; without one, no medium, which says it has so many bytes.
[[nodiscard]] Result<Medium> find_medium(const std::string &path, uint64_t null_bytes);

[[nodiscard]] std::vector<std::string> peer_names();

// Those whose names have one of the texts in them; all if there are no texts. A peer that is not there is told
// of in a note, and left out.
[[nodiscard]] Contenders start_peers(const Setting &setting, const std::vector<std::string> &only,
                                     std::vector<std::string> &notes);

} // namespace paravane::bench::blk
