// SPDX-License-Identifier: Apache-2.0
#include "guest/kvm_figures.hpp"

#include <algorithm>

#include "guest/event_samples.hpp"
#include "guest/pinned.hpp"
#include "guest/user_exits.hpp"
#include "hypercall/kvm/probe/guest_layout.h"

namespace paravane::bench {

namespace {

namespace names {
constexpr const char *call = "hypercall, KVM";
constexpr const char *bare_call = "bare port exit";
constexpr const char *our_call = "keel, version";
constexpr const char *doorbell = "doorbell, KVM";
constexpr const char *bare_doorbell = "bare ioeventfd, store";
constexpr const char *bare_port_doorbell = "bare ioeventfd, OUT";
constexpr const char *our_doorbell = "keel, store";
constexpr const char *running = "event to the handler of a running vCPU, KVM";
constexpr const char *asleep = "event to the handler of a sleeping vCPU, KVM";
constexpr const char *bare_event = "bare irqfd";
constexpr const char *direct = "keel, direct event";
constexpr const char *upcall = "keel, upcall";
constexpr const char *self = "hypercall to its own upcall's handler, KVM";
constexpr const char *our_self = "keel, IPI to self";
constexpr const char *exits = "exits to user space";
} // namespace names

} // namespace

Result<std::unique_ptr<KvmFigures>> KvmFigures::start(const GuestSetting &setting)
{
    std::unique_ptr<KvmFigures> figures(new KvmFigures(setting));

    if (Result<void> done = figures->boot(); !done)
        return done.error();
    return figures;
}

Result<std::unique_ptr<KeelGuest>> KvmFigures::guest(const char *figure) const
{
    return KeelGuest::start({PV_VEHICLE_KVM, figure, setting_.calls, setting_.cores});
}

Result<void> KvmFigures::boot()
{
    const Result<kvm::Device> device = kvm::Device::open();
    if (!device)
        return device.error();
    Result<std::unique_ptr<BareExits>> exits = BareExits::start(*device);
    if (!exits)
        return exits.error();
    bare_exits_ = std::move(*exits);
    Result<std::unique_ptr<probe::Guest>> bare = probe::Guest::start(*device, probe::Level::cpl3);
    if (!bare)
        return bare.error();
    bare_ = std::move(*bare);
    if (Result<void> done = bare_->connect(); !done)
        return done;

    struct One {
        std::unique_ptr<KeelGuest> &guest;
        const char *figure;
    };
    for (const One &one :
         {One{version_, "version"}, One{doorbell_, "doorbell"}, One{upcall_, "upcall"},
          One{direct_running_, "direct-running"}, One{direct_asleep_, "direct-asleep"},
          One{upcall_running_, "event-running"}, One{upcall_asleep_, "event-asleep"}}) {
        Result<std::unique_ptr<KeelGuest>> made = guest(one.figure);
        if (!made)
            return made.error();
        one.guest = std::move(*made);
    }
    return {};
}

Result<void> KvmFigures::add(Series &series, const char *what, const std::string &which,
                             const Result<double> &value)
{
    if (!value)
        return Problem{std::string(what) + ", " + which + ": " + value.error().text};
    series.add(what, which, "ns", *value);
    return {};
}

void KvmFigures::add_exits(Series &series, const std::string &which, uint64_t exits, uint32_t count)
{
    series.add(names::exits, which, "an operation",
               static_cast<double>(exits) / static_cast<double>(count));
}

Result<void> KvmFigures::add_keel(Series &series, const char *what, const char *which,
                                  KeelGuest &guest, uint32_t count)
{
    const Result<double> value = guest.round();
    if (value)
        add_exits(series, which, guest.exits(), count);
    return add(series, what, which, value);
}

Result<void> KvmFigures::add_bare_doorbell(Series &series, const std::string &which,
                                           uint32_t command)
{
    const Pinned pinned(setting_.cores.producer);
    const uint64_t exits = user_exits();
    const Result<double> all = bare_->run(command, setting_.calls);

    if (!all)
        return all.error();
    add_exits(series, which, user_exits() - exits, setting_.calls);
    if (const uint64_t rings = bare_->take_rings(); rings != setting_.calls)
        return Problem{"of " + std::to_string(setting_.calls) + " writes " + std::to_string(rings) +
                       " rang"};
    return add(series, names::doorbell, which, *all / setting_.calls);
}

Result<void> KvmFigures::add_bare_events(Series &series, bool asleep)
{
    const uint32_t count = asleep ? setting_.asleep_events : setting_.running_events;
    EventTarget target = {
        [this] { bare_->raise_interrupt(); }, [this] { return bare_->handled(); }, {}};
    Samples times = Problem{"not measured"};

    if (asleep)
        target.blocks = [this, before = bare_->halts()] { return bare_->halts() - before; };
    const Pinned pinned(setting_.cores.producer);
    const Result<void> done = bare_->run_beside(asleep ? PROBE_HALT : PROBE_SPIN, [&] {
        const Pinned other(setting_.cores.consumer);
        times = sample_events(target, count);
    });
    if (!done)
        return done.error();
    if (!times)
        return Problem{"a bare guest did not take " + times.error().text};
    return add(series, asleep ? names::asleep : names::running, names::bare_event,
               median_of(*times));
}

Result<void> KvmFigures::add_events(Series &series, KeelGuest::By by, bool asleep, KeelGuest &guest)
{
    const uint32_t count = asleep ? setting_.asleep_events : setting_.running_events;
    const std::string which = by == KeelGuest::By::direct ? names::direct : names::upcall;
    const Samples times = guest.events(by, asleep, count);

    if (!times)
        return times.error();
    add_exits(series, which + (asleep ? ", asleep" : ", running"), guest.exits(), count);
    return add(series, asleep ? names::asleep : names::running, which, median_of(*times));
}

Result<void> KvmFigures::round(bool turned, Series &series)
{
    using By = KeelGuest::By;
    // Whoever runs a bare guest takes the other processor for that.
    const Pinned pinned(setting_.cores.consumer);
    std::vector<std::function<Result<void>()>> all = {
        [&] {
            const Pinned vcpu(setting_.cores.producer);
            return add(series, names::call, names::bare_call, bare_exits_->measure(setting_.calls));
        },
        [&] { return add_keel(series, names::call, names::our_call, *version_, setting_.calls); },
        [&] {
            return add_bare_doorbell(series, names::bare_port_doorbell, PROBE_WRITE_PORT_EVENT);
        },
        [&] { return add_bare_doorbell(series, names::bare_doorbell, PROBE_WRITE_MMIO_EVENT); },
        [&] {
            return add_keel(series, names::doorbell, names::our_doorbell, *doorbell_,
                            setting_.calls);
        },
        [&] { return add_bare_events(series, false); },
        [&] { return add_events(series, By::direct, false, *direct_running_); },
        [&] { return add_events(series, By::upcall, false, *upcall_running_); },
        [&] { return add_bare_events(series, true); },
        [&] { return add_events(series, By::direct, true, *direct_asleep_); },
        [&] { return add_events(series, By::upcall, true, *upcall_asleep_); },
        [&] { return add_keel(series, names::self, names::our_self, *upcall_, setting_.calls); },
    };
    if (turned)
        std::reverse(all.begin(), all.end());
    for (const auto &one : all) {
        if (Result<void> done = one(); !done)
            return done;
    }
    return {};
}

void add_kvm_targets(Series &series, std::vector<Target> &targets)
{
    // As "at most so many times the bare one's time".
    constexpr double call = 1.2, doorbell = 1.15;

    targets.push_back({"hypercall, KVM: at most 1.2 times a bare port exit (bare/ours)",
                       ratio_by_rounds(series, names::call, names::bare_call, names::our_call),
                       1 / call});
    targets.push_back(
        {"doorbell, KVM: at most 1.15 times a bare ioeventfd (bare/ours)",
         ratio_by_rounds(series, names::doorbell, names::bare_doorbell, names::our_doorbell),
         1 / doorbell});
    for (const char *what : {names::running, names::asleep}) {
        for (const char *ours : {names::direct, names::upcall})
            (void)ratio_by_rounds(series, what, names::bare_event, ours);
    }
}

} // namespace paravane::bench
