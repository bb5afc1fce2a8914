// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/device/device.hpp"

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::device {

namespace {

// All that are there, for a resume.
constinit Device *first = nullptr;

} // namespace

Device::Device(std::string_view kind, uint32_t number, const pv_device_offer &offer, Driver &driver)
    : kind_(kind), number_(number), offer_(offer), driver_(driver), own_watch_(on_change, this),
      backend_watch_(on_change, this), timer_(on_timer, this), next_(first)
{
    own_.set_own(kind, number);
    first = this;
}

Device::~Device()
{
    Device **at = &first;

    while (*at != this)
        at = &(*at)->next_;
    *at = next_;
    // The store's calls turn the loop: nothing is to begin any more.
    looking_ = true;
    timer_.disarm();
    unwatch(own_watch_);
    unwatch(backend_watch_);
    part();
}

void Device::unwatch(store::Watch &watch)
{
    if (&watch == &own_watch_ ? watching_ : watching_backend_)
        store::client().unwatch(watch);
}

void Device::all_resumed()
{
    for (Device *device = first; device != nullptr; device = device->next_) {
        device->resumed_ = true;
        device->wake();
    }
}

void Device::open()
{
    wanted_ = true;
    reopen_after_ = 0;
    wake();
}

void Device::close()
{
    wanted_ = false;
    wake();
}

void Device::reopen()
{
    broken_ = true;
    wake();
}

void Device::on_change(void *device, const store::Change & /*change*/)
{
    static_cast<Device *>(device)->wake();
}

void Device::on_timer(void *device)
{
    static_cast<Device *>(device)->look();
}

void Device::wake()
{
    this_vcpu().timers.arm(timer_, clock::now());
}

// While it waits for the store, what else happens makes it look once more.
void Device::look()
{
    again_ = true;
    if (looking_)
        return;
    looking_ = true;
    while (again_) {
        again_ = false;
        again_ = step() || again_;
    }
    looking_ = false;
}

bool Device::step()
{
    if (resumed_) {
        resumed_ = false;
        if (phase_ != Phase::closed)
            rebuild();
    }
    if (phase_ == Phase::closed) {
        broken_ = false;
        if (!wanted_)
            return false;
        if (const uint64_t now = clock::now(); now < reopen_after_) {
            this_vcpu().timers.arm(timer_, reopen_after_);
            return false;
        }
        // Before it says anything, for where there is no device nothing is written.
        if (!find_backend())
            return false;
        enter(Phase::apart);
    }
    const bool leave = !wanted_ || broken_;
    if (leave && phase_ == Phase::apart) {
        finish(false);
        return true;
    }
    if (leave && (phase_ == Phase::offered || phase_ == Phase::connected))
        enter(Phase::closing);

    const Phase before = phase_;
    const Backend backend = find_backend() ? read_backend() : Backend{};
    switch (next_action(phase_, epoch_, backend)) {
    case Action::wait:
        // What made it look may have been one of the kind's own properties.
        if (phase_ != Phase::connected || learn())
            return false;
        broken_ = true;
        break;
    case Action::connect:
        return connect();
    case Action::start:
        start();
        break;
    case Action::rebuild:
        rebuild();
        break;
    case Action::close:
        read_refusal();
        enter(Phase::closing);
        break;
    case Action::finish:
        read_refusal();
        finish(before != Phase::closing || wanted_);
        break;
    }
    return true;
}

void Device::start()
{
    connections_++;
    since_ = clock::now();
    problem_.clear();
    started_ = true;
    // The driver before the word: a handler may be called as soon as the ports have one.
    phase_ = Phase::connected;
    driver_.start({terms_, wiring_.rings(), wiring_.ports()});
    enter(Phase::connected);
}

void Device::part()
{
    wiring_.withdraw();
    if (started_) {
        started_ = false;
        patience_.lasted(clock::now() - since_);
        driver_.stop();
    }
    wiring_.drop();
}

void Device::rebuild()
{
    part();
    enter(Phase::apart);
}

void Device::finish(bool after_failure)
{
    part();
    broken_ = false;
    reopen_after_ = after_failure ? clock::now() + patience_.next() : 0;
    enter(Phase::closed);
}

void Device::fail(std::string_view why)
{
    problem_.clear();
    problem_.put(why);
    finish(true);
}

} // namespace keel::device
