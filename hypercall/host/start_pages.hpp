// SPDX-License-Identifier: Apache-2.0
//
// The pages that a guest finds filled: hypercall stubs, start info, command line.
#pragma once

#include <cstdint>

#include "hypercall/host/domain.hpp"
#include "hypercall/host/image.hpp"
#include "hypercall/host/vehicle.hpp"

namespace paravane {

// Bytes for the first vCPU's stack, after the image.
inline constexpr uint64_t first_stack_bytes = uint64_t{64} << 10;

// Fills them for this image, and says with what the first vCPU starts.
[[nodiscard]] Result<VcpuStart> write_start_pages(const Domain &domain, const Vehicle &vehicle,
                                                  const Image &image);

} // namespace paravane
