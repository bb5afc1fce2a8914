// SPDX-License-Identifier: Apache-2.0
//
// A guest's memory in few large pieces. A disk is told of each piece that a buffer lies in; with 128 KiB in pages of
// 4 KiB that is 32 times what it is in one huge page.
#pragma once

#include <cstdint>

namespace paravane {

inline constexpr uint64_t huge_page_bytes = uint64_t{2} << 20;

// Moves the content of a memory file to huge pages, where the kernel has any to give: without a reserve, and
// whatever its setting for shared memory. Takes frames for all of it. Others may use it meanwhile. Returns how many
// bytes are in huge pages.
uint64_t gather_in_huge_pages(int memory_file, uint64_t bytes);

} // namespace paravane
