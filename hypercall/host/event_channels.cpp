// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/event_channels.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

namespace paravane {

namespace {

struct SignalPair {
    UniqueFd ours;
    UniqueFd theirs;
};

// One eventfd, and a descriptor of it for each end.
Result<SignalPair> make_signal()
{
    SignalPair made;

    made.ours = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (made.ours)
        made.theirs = UniqueFd(fcntl(made.ours.get(), F_DUPFD_CLOEXEC, 0));
    if (!made.theirs)
        return system_problem("eventfds of a port");
    return made;
}

} // namespace

EventChannels::EventChannels(DomainId self, uint32_t vcpus, EventArea area, Host &host)
    : self_(self), vcpus_(vcpus), area_(area), host_(host), channels_(PV_PORTS)
{
}

int64_t EventChannels::free_port() const
{
    for (uint32_t tried = 0; tried < PV_PORTS; tried++) {
        const uint32_t port = (next_ + tried) % PV_PORTS;
        if (port != 0 && channels_[port].state == PV_PORT_FREE)
            return port;
    }
    return -PV_ENOSPC;
}

EventChannels::Channel *EventChannels::used(Port port)
{
    Channel &channel = channels_[port.value];
    return port.value == 0 || channel.state == PV_PORT_FREE ? nullptr : &channel;
}

const EventChannels::Channel *EventChannels::used(Port port) const
{
    const Channel &channel = channels_[port.value];
    return port.value == 0 || channel.state == PV_PORT_FREE ? nullptr : &channel;
}

int64_t EventChannels::alloc_unbound(DomainId remote)
{
    const int64_t port = free_port();
    if (port > 0) {
        Channel &channel = channels_[static_cast<uint32_t>(port)];
        channel.state = PV_PORT_UNBOUND;
        channel.remote = remote;
        next_ = static_cast<uint32_t>(port) + 1;
    }
    return port;
}

int64_t EventChannels::bind_interdomain(DomainId remote, Port remote_port)
{
    // Ports of other guests are other processes' business; only the host joins them.
    if (remote != self_)
        return -PV_ESRCH;
    Channel *peer = used(remote_port);
    if (peer == nullptr || peer->state != PV_PORT_UNBOUND || peer->remote != self_)
        return -PV_EINVAL;
    const int64_t port = alloc_unbound(self_);
    if (port < 0)
        return port;

    Channel &channel = channels_[static_cast<uint32_t>(port)];
    channel.state = PV_PORT_INTERDOMAIN;
    channel.peer = remote_port;
    peer->state = PV_PORT_INTERDOMAIN;
    peer->peer = {static_cast<uint32_t>(port)};
    return port;
}

int64_t EventChannels::bind_virq(uint32_t virq, VcpuId vcpu)
{
    if (vcpu.value >= vcpus_)
        return -PV_EINVAL;
    for (const Channel &channel : channels_) {
        if (channel.state == PV_PORT_VIRQ && channel.virq == virq &&
            (virq != PV_VIRQ_TIMER || channel.vcpu == vcpu))
            return -PV_EEXIST;
    }
    const int64_t port = alloc_unbound(self_);
    if (port > 0) {
        Channel &channel = channels_[static_cast<uint32_t>(port)];
        channel.state = PV_PORT_VIRQ;
        channel.virq = virq;
        channel.vcpu = vcpu;
    }
    return port;
}

int64_t EventChannels::bind_ipi(VcpuId vcpu)
{
    if (vcpu.value >= vcpus_)
        return -PV_EINVAL;
    const int64_t port = alloc_unbound(self_);
    if (port > 0) {
        Channel &channel = channels_[static_cast<uint32_t>(port)];
        channel.state = PV_PORT_IPI;
        channel.vcpu = vcpu;
    }
    return port;
}

int64_t EventChannels::bind_vcpu(Port port, VcpuId vcpu)
{
    Channel *channel = used(port);
    if (channel == nullptr || vcpu.value >= vcpus_ || channel->direct)
        return -PV_EINVAL;
    // A timer's port belongs to its vCPU's timer, an IPI's to its target.
    if (channel->state == PV_PORT_IPI ||
        (channel->state == PV_PORT_VIRQ && channel->virq == PV_VIRQ_TIMER))
        return -PV_EINVAL;
    channel->vcpu = vcpu;
    // What is pending was raised where the port was before: raise it here too.
    if (area_.pending(port) && !area_.masked(port) && area_.select(port, vcpu))
        vehicle_->upcall(vcpu);
    return 0;
}

int64_t EventChannels::bind_direct(Port port, VcpuId vcpu, uint32_t number)
{
    Channel *channel = used(port);
    if (channel == nullptr || vcpu.value >= vcpus_ || number >= PV_DIRECT_EVENTS || channel->direct)
        return -PV_EINVAL;
    // Only the host signals by an eventfd; what this domain sends itself sets pending bits.
    const bool offered = channel->state == PV_PORT_UNBOUND && channel->remote != self_;
    if (!offered && !channel->event)
        return -PV_EINVAL;
    if ((vehicle_->features() & PV_FEATURE_DIRECT_EVENTS) == 0)
        return -PV_ENOSYS;
    for (const Channel &other : channels_) {
        if (other.direct == number && other.vcpu == vcpu)
            return -PV_EBUSY;
    }
    if (channel->event) {
        const int64_t result = vehicle_->add_direct(vcpu, number, channel->event.get());
        if (result != 0)
            return result;
        host_.unwatch(port, channel->event.get());
    }
    channel->vcpu = vcpu;
    channel->direct = number;
    return 0;
}

int64_t EventChannels::send(Port port)
{
    Channel *channel = used(port);
    if (channel == nullptr)
        return -PV_EINVAL;
    switch (channel->state) {
    case PV_PORT_IPI:
        raise(port);
        return 0;
    case PV_PORT_INTERDOMAIN:
        if (channel->doorbell)
            (void)eventfd_write(channel->doorbell.get(), 1);
        else
            raise(channel->peer);
        return 0;
    default:
        return -PV_EINVAL;
    }
}

int64_t EventChannels::unmask(Port port)
{
    const Channel *channel = used(port);
    if (channel == nullptr)
        return -PV_EINVAL;
    if (area_.unmask(port, channel->vcpu))
        vehicle_->upcall(channel->vcpu);
    return 0;
}

int64_t EventChannels::status(Port port) const
{
    return channels_[port.value].state;
}

int64_t EventChannels::close(Port port)
{
    Channel *channel = used(port);
    if (channel == nullptr)
        return -PV_EINVAL;
    if (channel->fixed)
        return -PV_EPERM;
    if (Channel *peer = used(channel->peer); peer != nullptr) {
        peer->state = PV_PORT_UNBOUND;
        peer->peer = {};
    }
    unbind(port, *channel);
    *channel = {};
    area_.clear(port);
    return 0;
}

void EventChannels::reset()
{
    for (uint32_t port = 1; port < PV_PORTS; port++)
        (void)close({port});
}

int64_t EventChannels::doorbell(Port port, pv_doorbell &description)
{
    Channel *channel = used(port);
    if (channel == nullptr || channel->state != PV_PORT_INTERDOMAIN)
        return -PV_EINVAL;
    if (!channel->rung) {
        pv_doorbell made = {};
        if (!channel->doorbell || !vehicle_->add_doorbell(port, channel->doorbell.get(), made)) {
            description = {};
            description.space = pv_le32_of(PV_DOORBELL_CALL);
            return 0;
        }
        channel->rung = made;
    }
    description = *channel->rung;
    return 0;
}

Result<HostEnd> EventChannels::bind_host(Port port, DomainId remote)
{
    Channel *channel = used(port);
    if (channel == nullptr || channel->state != PV_PORT_UNBOUND || channel->remote != remote)
        return Problem{"port " + std::to_string(port.value) + " is not offered to domain " +
                       std::to_string(remote.value)};

    Result<SignalPair> doorbell = make_signal();
    if (!doorbell)
        return doorbell.error();
    Result<SignalPair> event = make_signal();
    if (!event)
        return event.error();
    channel->doorbell = std::move(doorbell.value().ours);
    channel->event = std::move(event.value().ours);
    channel->state = PV_PORT_INTERDOMAIN;
    listen(port, *channel);
    return HostEnd{std::move(doorbell.value().theirs), std::move(event.value().theirs)};
}

Result<std::pair<Port, HostEnd>> EventChannels::make_fixed()
{
    const int64_t number = alloc_unbound(host_domain);
    if (number < 0)
        return Problem{"no port is free"};
    const Port port = {static_cast<uint32_t>(number)};
    Result<HostEnd> end = bind_host(port, host_domain);
    if (!end)
        return end.error();
    channels_[port.value].fixed = true;
    return std::pair(port, std::move(*end));
}

void EventChannels::unbind_host(Port port)
{
    Channel *channel = used(port);
    if (channel == nullptr || !channel->event)
        return;
    unbind(port, *channel);
    channel->state = PV_PORT_UNBOUND;
}

void EventChannels::unbind_hosts()
{
    for (uint32_t port = 1; port < PV_PORTS; port++) {
        if (!channels_[port].fixed)
            unbind_host({port});
    }
}

void EventChannels::raise(Port port)
{
    const Channel *channel = used(port);
    if (channel != nullptr && area_.raise(port, channel->vcpu))
        vehicle_->upcall(channel->vcpu);
}

void EventChannels::raise_virq(uint32_t virq, VcpuId vcpu)
{
    for (uint32_t port = 1; port < PV_PORTS; port++) {
        const Channel &channel = channels_[port];
        if (channel.state == PV_PORT_VIRQ && channel.virq == virq &&
            (virq != PV_VIRQ_TIMER || channel.vcpu == vcpu))
            raise({port});
    }
}

bool EventChannels::pollable(Port port) const
{
    const Channel *channel = used(port);
    return channel != nullptr && !channel->direct;
}

// Events of the host reach the guest from now on.
void EventChannels::listen(Port port, Channel &channel)
{
    if (channel.direct &&
        vehicle_->add_direct(channel.vcpu, *channel.direct, channel.event.get()) == 0)
        return;
    // By its pending bit, also where an interrupt of its own was wanted and there is none left.
    channel.direct.reset();
    host_.watch(port, channel.event.get());
}

void EventChannels::unbind(Port port, Channel &channel)
{
    if (channel.event && channel.direct)
        vehicle_->remove_direct(channel.vcpu, *channel.direct, channel.event.get());
    else if (channel.event)
        host_.unwatch(port, channel.event.get());
    if (channel.rung)
        vehicle_->remove_doorbell(port, channel.doorbell.get());
    channel.rung.reset();
    channel.doorbell = {};
    channel.event = {};
}

} // namespace paravane
