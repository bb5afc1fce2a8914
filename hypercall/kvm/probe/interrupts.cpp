// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/interrupts.hpp"

#include <chrono>
#include <thread>

#include <fmt/core.h>

#include "hypercall/kvm/probe/guest_layout.h"
#include "hypercall/kvm/probe/two_processors.hpp"

namespace paravane::probe {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience(200);
// From the decision to sleep until the thread does: entering KVM and being put off the processor.
constexpr std::chrono::microseconds falling_asleep(300);
// Between two interrupts of a running guest, so that it has left the handler.
constexpr std::chrono::microseconds pause(30);

// Who interrupts the guest: a thread beside its vCPU's.
class Interrupter {
  public:
    // processors: nullptr where both threads may have to share one.
    Interrupter(Guest &guest, uint32_t command, const TwoProcessors *processors)
        : guest_(guest), halting_(command == PROBE_HALT), processors_(processors),
          halts_(guest.halts())
    {
    }

    // Until one does not arrive.
    void interrupt(uint32_t count)
    {
        if (processors_ != nullptr)
            processors_->take_other();
        times_.reserve(count);
        while (times_.size() < count && interrupt_once()) {
        }
    }

    [[nodiscard]] const std::vector<double> &times() const { return times_; }

  private:
    bool interrupt_once()
    {
        if (halting_) {
            if (!becomes_true([&] { return guest_.halts() != halts_; }))
                return false;
            halts_++;
            std::this_thread::sleep_for(falling_asleep);
        } else {
            const Clock::time_point end = Clock::now() + pause;
            while (Clock::now() < end) {
            }
        }
        const uint32_t before = guest_.handled();
        const Clock::time_point start = Clock::now();
        guest_.raise_interrupt();
        if (!becomes_true([&] { return guest_.handled() != before; }))
            return false;
        times_.push_back(std::chrono::duration<double, std::nano>(Clock::now() - start).count());
        return true;
    }

    // With a processor of its own it asks all the time: sleeping would be measured too.
    template <typename Condition> bool becomes_true(const Condition &condition) const
    {
        const Clock::time_point end = Clock::now() + patience;

        while (!condition()) {
            if (!guest_.running() || Clock::now() > end)
                return false;
            if (processors_ == nullptr)
                std::this_thread::sleep_for(pause);
        }
        return true;
    }

    Guest &guest_;
    bool halting_;
    const TwoProcessors *processors_;
    uint32_t halts_;
    std::vector<double> times_;
};

Result<std::vector<double>> deliver(Guest &guest, uint32_t command, uint32_t count,
                                    const TwoProcessors *processors)
{
    if (!guest.takes_interrupts())
        return Problem{"there are no interrupt controllers in the kernel, so no direct events"};
    Interrupter interrupter(guest, command, processors);
    const Result<void> done = guest.run_beside(command, [&] { interrupter.interrupt(count); });

    if (!done)
        return done.error();
    if (interrupter.times().size() < count)
        return Problem{fmt::format("interrupt {} of {} did not arrive in {} ms",
                                   interrupter.times().size() + 1, count, patience.count())};
    return interrupter.times();
}

} // namespace

Result<std::vector<double>> sample_interrupts(Guest &guest, uint32_t command, uint32_t samples)
{
    const TwoProcessors processors;

    if (!processors)
        return Problem{"needs a processor for the guest and one for who interrupts it"};
    return deliver(guest, command, samples, &processors);
}

Result<void> try_interrupts(Guest &guest, uint32_t command, uint32_t count)
{
    if (const Result<std::vector<double>> done = deliver(guest, command, count, nullptr); !done)
        return done.error();
    return {};
}

} // namespace paravane::probe
