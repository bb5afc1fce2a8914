// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/suspend.hpp"

#include "frontend-drivers/device/device.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel {

namespace {

constinit uint64_t resumed_epoch = 0; // 0: it never was

// The host may have forgotten it, and the loop sets it anew.
void forget_deadline(void * /*context*/)
{
    this_vcpu().timer_set = 0;
}

} // namespace

uint64_t guest_epoch()
{
    return resumed_epoch == 0 ? start().epoch : resumed_epoch;
}

bool suspend()
{
    // The other vCPUs are in their loops, and are held wherever they are.
    const int64_t epoch = hypercall::suspend();

    if (epoch < 0) {
        print("keel: the host refuses to suspend: error {}", epoch);
        return false;
    }
    if (static_cast<uint64_t>(epoch) == guest_epoch())
        return true;
    resumed_epoch = static_cast<uint64_t>(epoch);
    smp::call_each({forget_deadline, nullptr});
    device::Device::all_resumed();
    print("keel: resumed in epoch {}", epoch);
    return true;
}

} // namespace keel
