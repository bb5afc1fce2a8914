// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/channel.hpp"

#include <algorithm>

#include "frontend-drivers/keel/events.hpp"

namespace keel::blk {

namespace {

constexpr uint32_t no_direct = PV_DIRECT_EVENTS;

} // namespace

Channel::Channel(uint32_t depth, uint32_t vcpu, Port trouble)
    : queue_(depth), vcpu_(vcpu), trouble_(trouble), direct_(no_direct)
{
    if (vcpu_ == this_vcpu().id)
        return;
    const auto bound = events::bind_ipi(
        vcpu_, {[](void *channel) { static_cast<Channel *>(channel)->do_errand(); }, this});
    nudge_ = bound.port;
    if (!bound.good())
        vcpu_ = this_vcpu().id;
}

Channel::~Channel()
{
    if (nudge_.value != 0)
        (void)events::close(nudge_);
}

void Channel::connect(const Queue::Place &requests, const Queue::Place &responses,
                      uint64_t features, Port port)
{
    requests_ = requests;
    responses_ = responses;
    features_ = features;
    next_port_ = port;
    have_done(Errand::connect);
}

void Channel::disconnect()
{
    have_done(Errand::disconnect);
}

// However long the vCPU takes: there is no going on while it may use the rings.
void Channel::have_done(Errand errand)
{
    errand_.store(errand, std::memory_order_release);
    if (vcpu_ == this_vcpu().id)
        return do_errand();
    (void)hypercall::send(nudge_);
    while (errand_.load(std::memory_order_acquire) != Errand::none)
        hypercall::yield();
}

void Channel::do_errand()
{
    switch (errand_.load(std::memory_order_acquire)) {
    case Errand::none:
        return;
    case Errand::connect:
        do_connect();
        break;
    case Errand::disconnect:
        do_disconnect();
        break;
    }
    errand_.store(Errand::none, std::memory_order_release);
}

void Channel::do_connect()
{
    port_ = next_port_;
    why_.store(nullptr, std::memory_order_relaxed);
    bind();
    if (queue_.attach(requests_, responses_, features_) != PV_RULE_KEPT)
        tell_trouble();
    // The backend may have looked before anything was there, and nobody has polled here for a while.
    (void)hypercall::send(port_);
    on_event();
}

void Channel::do_disconnect()
{
    port_ = {};
    if (direct_ != no_direct)
        this_vcpu().direct[direct_] = {};
    direct_ = no_direct;
    queue_.detach();
    on_event();
}

// An interrupt of its own where the host has one left for this vCPU.
void Channel::bind()
{
    const Handler handler = {[](void *channel) { static_cast<Channel *>(channel)->on_event(); },
                             this};
    const uint32_t numbers =
        start().offers(PV_FEATURE_DIRECT_EVENTS) ? std::min(start().direct_events, no_direct) : 0;

    for (uint32_t number = 0; number < numbers; number++) {
        if (this_vcpu().direct[number].function != nullptr)
            continue;
        if (events::bind_direct(port_, number, handler) == 0) {
            direct_ = number;
            return;
        }
        break;
    }
    if (vcpu_ != 0)
        (void)events::move(port_, vcpu_);
    events::handle(port_, handler);
}

void Channel::on_event() const
{
    if (handler_.function != nullptr)
        handler_.function(handler_.context);
}

void Channel::tell_trouble()
{
    if (trouble() != nullptr)
        return;
    why_.store(queue_.left_why(), std::memory_order_release);
    (void)hypercall::send(trouble_);
}

} // namespace keel::blk
