// SPDX-License-Identifier: Apache-2.0
//
// The pages that a guest finds filled: hypercall stubs, start info, time page, command line.
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

// `counter_khz`: how fast the guest's counter (x86: TSC) runs. Called again whenever the clocks drift.
void write_time_page(const GuestMemory &memory, uint64_t counter_khz);

} // namespace paravane
