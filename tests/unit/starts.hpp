// SPDX-License-Identifier: Apache-2.0
//
// Where free-running indices start in exhaustive tests: about 0, about 2^32, about the sign bit.
#pragma once

#include <array>
#include <cstdint>

namespace paravane::unit {

inline constexpr std::array<uint32_t, 14> starts = {
    0,          1,          2,          5,          0x7ffffffe, 0x7fffffff, 0x80000000,
    0x80000001, 0xfffffff9, 0xfffffffb, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff};

} // namespace paravane::unit
