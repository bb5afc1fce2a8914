// SPDX-License-Identifier: Apache-2.0
//
// The other vCPUs: brought up at boot, and made to do something.
#pragma once

#include <cstdint>

#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::smp {

// Starts all others and waits until they run. Called once, by the first.
void bring_up();

// Makes another vCPU, one that is up, stop in its event loop, and starts it there again. False when it
// takes too long.
[[nodiscard]] bool take_down(uint32_t vcpu);
[[nodiscard]] bool start_again(uint32_t vcpu);

// How many vCPUs have data and ports: their numbers are 0 to this, exclusive.
[[nodiscard]] uint32_t prepared();
[[nodiscard]] uint32_t online();

// Runs `function` in the event loop of that vCPU, one at a time, and returns when it has ended. The
// caller's own loop stands still meanwhile.
void call(uint32_t vcpu, const Handler &function);
// The same without waiting: finished() tells. There must be no other call to it under way.
void start_call(uint32_t vcpu, const Handler &function);
[[nodiscard]] bool finished(uint32_t vcpu);

// On all vCPUs, one after another.
void call_each(const Handler &function);

// The handler of a vCPU's call port.
void answer_call(void *vcpu);

} // namespace keel::smp
