// SPDX-License-Identifier: Apache-2.0
//
// A line for each caller. Its address is the last byte of the call, so that it belongs to the line that
// calls, not to the one after it.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/exceptions.hpp"

namespace keel {

// From the function whose frame pointer this is.
void print_backtrace(uint64_t frame_pointer);
// From where the exception was raised.
void print_backtrace(const ExceptionFrame &frame);

} // namespace keel
