// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/interrupts.hpp"

#include <array>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/panic.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

extern "C" {
extern const char keel_upcall_entry[];
extern const char keel_direct_entry[];
extern const char keel_exception_entry[];
// Virtual address of the store that ends an interrupt; 0: there is none.
constinit uint64_t keel_interrupt_end = 0;
}

namespace keel::interrupts {

namespace {

constexpr uint32_t exceptions = 32;
constexpr uint64_t direct_entry_bytes = 32;
constexpr uint64_t exception_entry_bytes = 16;

// All callbacks in one call: each way to the host takes as long as everything else in booting.
class Callbacks {
  public:
    void add(pv_callback kind, uint32_t which, uint64_t handler, uint64_t stack)
    {
        pv_multicall &call = calls_[count_++];
        call.number = pv_le64_of(PV_CALL_SET_CALLBACK);
        call.argument[0] = pv_le64_of(kind);
        call.argument[1] = pv_le64_of(which);
        call.argument[2] = pv_le64_of(handler);
        call.argument[3] = pv_le64_of(stack);
    }

    void set()
    {
        const int64_t done = hypercall::multicall(guest_address_of(calls_.data()), count_);
        if (done != static_cast<int64_t>(count_))
            panic("the host carried out {} of {} calls", done, count_);
        for (std::size_t i = 0; i < count_; i++) {
            const auto result = static_cast<int64_t>(pv_le64_get(calls_[i].result));
            if (result != 0)
                panic("the host refused callback {} of kind {}: error {}",
                      pv_le64_get(calls_[i].argument[1]), pv_le64_get(calls_[i].argument[0]),
                      result);
        }
    }

  private:
    std::array<pv_multicall, exceptions> calls_{};
    std::size_t count_ = 0;
};

} // namespace

bool offered()
{
    return start().offers(PV_FEATURE_CALLBACKS);
}

void take_over_interrupts()
{
    if (!offered())
        return;
    const GuestAddress end = start().interrupt_end;
    Callbacks callbacks;

    keel_interrupt_end = end.value != 0 ? virtual_of(end) : 0;
    callbacks.add(PV_CALLBACK_UPCALL, 0, number_of(keel_upcall_entry), 0);
    if (start().offers(PV_FEATURE_DIRECT_EVENTS)) {
        for (uint32_t number = 0; number < PV_DIRECT_EVENTS && number < start().direct_events;
             number++)
            callbacks.add(PV_CALLBACK_DIRECT, number,
                          number_of(keel_direct_entry) + number * direct_entry_bytes, 0);
    }
    callbacks.set();
}

void take_over_exceptions()
{
    if (!offered())
        return;
    const uint64_t stack = number_of(&this_stack()) + KEEL_EXCEPTION_STACK_TOP;
    Callbacks callbacks;

    for (uint32_t vector = 0; vector < exceptions; vector++)
        callbacks.add(PV_CALLBACK_EXCEPTION, vector,
                      number_of(keel_exception_entry) + vector * exception_entry_bytes, stack);
    callbacks.set();
}

} // namespace keel::interrupts
