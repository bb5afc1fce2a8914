// SPDX-License-Identifier: Apache-2.0
//
// How long `paravane run` takes until its guest's first words are on its standard output.
#pragma once

#include <string>

#include "hypercall/host/result.hpp"

namespace paravane::bench {

// Milliseconds of one boot, from before the process is made.
[[nodiscard]] Result<double> time_boot(const std::string &vehicle);

// The same of a program of ours that ends at once, to its end: `paravane --version`.
[[nodiscard]] Result<double> time_nothing();

} // namespace paravane::bench
