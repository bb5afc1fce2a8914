// SPDX-License-Identifier: Apache-2.0
//
// What the target of a disk has seen so far in this process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "backend/blk/log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace paravane::fuzz {

extern std::array<uint64_t, blk::refusals> blk_refusals;
extern uint64_t blk_requests; // checked
extern uint64_t blk_good;     // of them
extern uint64_t blk_restored; // checked again, after a death

} // namespace paravane::fuzz
