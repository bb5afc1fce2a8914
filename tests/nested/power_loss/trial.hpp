// SPDX-License-Identifier: Apache-2.0
//
// A guest that keeps a disk busy, which a backend of ours serves; and what would have been left of it had the power
// failed at any moment. What goes wrong otherwise is a failure of the test.
#pragma once

#include <cstdint>
#include <string>

#include "replay.hpp"

namespace paravane::nested {

struct Trial {
    const char *name;
    std::string program; // the backend
    bool cached;         // by the host
    bool deaths;         // of the process
    unsigned int seed;
};

[[nodiscard]] Replay::Counts run_trial(const Trial &trial);

} // namespace paravane::nested
