// SPDX-License-Identifier: Apache-2.0
//
// Small files of /proc and /sys.
#pragma once

#include <cstdint>
#include <string>

#include "hypercall/host/result.hpp"

namespace paravane::probe {

// The first line, without its end.
[[nodiscard]] Result<std::string> first_line(const std::string &path);

// The first line, which must be one decimal number and nothing else.
[[nodiscard]] Result<uint64_t> number_in(const std::string &path);

// The number behind "NAME:" at the start of a line, as in /proc/meminfo.
[[nodiscard]] Result<uint64_t> number_of(const std::string &path, const std::string &name);

} // namespace paravane::probe
