// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/device/life_cycle.hpp"

#include <algorithm>

namespace keel::device {

namespace {

Action when_offered(const Backend &backend)
{
    switch (backend.state) {
    case PV_DEVICE_INITIALISING:
    case PV_DEVICE_INIT_WAIT: // it has not looked yet
        return Action::wait;
    case PV_DEVICE_CONNECTED:
        return Action::start;
    case PV_DEVICE_CLOSING:
        return Action::close;
    default:
        return Action::finish;
    }
}

Action when_connected(const Backend &backend)
{
    switch (backend.state) {
    case PV_DEVICE_CONNECTED:
        return Action::wait;
    case PV_DEVICE_INITIALISING:
    case PV_DEVICE_INIT_WAIT: // it has begun again
        return Action::rebuild;
    case PV_DEVICE_CLOSING:
        return Action::close;
    default:
        return Action::finish;
    }
}

// Of a backend that has seen it and is busy ending, and of one that has not seen it yet.
bool still_ends(const Backend &backend)
{
    return backend.state == PV_DEVICE_CONNECTED || backend.state == PV_DEVICE_CLOSING;
}

} // namespace

pv_device_state state_of(Phase phase)
{
    switch (phase) {
    case Phase::apart:
        return PV_DEVICE_INITIALISING;
    case Phase::offered:
        return PV_DEVICE_INITIALISED;
    case Phase::connected:
        return PV_DEVICE_CONNECTED;
    case Phase::closing:
        return PV_DEVICE_CLOSING;
    case Phase::closed:
        break;
    }
    return PV_DEVICE_CLOSED;
}

Action next_action(Phase phase, uint64_t epoch, const Backend &backend)
{
    const bool moved_on = backend.state != 0 && backend.epoch != epoch;

    switch (phase) {
    case Phase::apart:
        return backend.state == PV_DEVICE_INIT_WAIT ? Action::connect : Action::wait;
    case Phase::offered:
        return moved_on ? Action::rebuild : when_offered(backend);
    case Phase::connected:
        return moved_on ? Action::rebuild : when_connected(backend);
    case Phase::closing:
        return still_ends(backend) && !moved_on ? Action::wait : Action::finish;
    case Phase::closed:
        break;
    }
    return Action::wait;
}

uint64_t Patience::next()
{
    const uint64_t delay = delay_;

    delay_ = std::min(2 * delay_, last);
    return delay;
}

void Patience::lasted(uint64_t time)
{
    if (time >= last)
        delay_ = first;
}

} // namespace keel::device
