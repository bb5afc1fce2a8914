// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/device/wiring.hpp"

#include "frontend-drivers/keel/events.hpp"

extern "C" {
#include <paravane/ring.h>
}

namespace keel::device {

namespace {

uint64_t rounded(uint64_t bytes, uint64_t to)
{
    return (bytes + to - 1) / to * to;
}

// Beyond those in use, until there is none.
void remove_rest(store::Client &store, Directory &directory, store::Transaction transaction,
                 std::string_view name, std::size_t first)
{
    for (auto number = static_cast<uint32_t>(first); number < PV_DEVICE_RINGS_MAX; number++) {
        if (store.remove(directory.key(name, number), transaction) != 0)
            return;
    }
}

} // namespace

Wiring::~Wiring()
{
    withdraw();
}

std::string_view Wiring::make(const Plan &plan)
{
    if (!make_rings(plan))
        return "no memory left for the rings";
    if (!make_ports(plan.ports())) {
        withdraw();
        drop();
        return "no port left";
    }
    return {};
}

bool Wiring::make_rings(const Plan &plan)
{
    uint64_t bytes = 0;

    ring_count_ = 0;
    for (const Plan::Ring &planned : plan.rings()) {
        rings_[ring_count_++] = {{0}, planned.size, planned.bytes, bytes};
        bytes += rounded(planned.bytes, PV_RING_LINE);
    }
    memory_ = GrantedMemory(rounded(bytes, Arena::page) / Arena::page, host, Access::write);
    if (!memory_.good()) {
        drop();
        return false;
    }
    // All of it, for it may hold what somebody else had there. Nobody has been told of the grant yet.
    pv_ring_format(memory_.memory(), memory_.bytes());
    for (std::size_t i = 0; i < ring_count_; i++)
        rings_[i].memory = pv_shared_at(memory_.memory(), static_cast<uint32_t>(rings_[i].offset));
    return true;
}

bool Wiring::make_ports(uint32_t count)
{
    for (port_count_ = 0; port_count_ < count && port_count_ < ports_.size(); port_count_++) {
        const int64_t port = hypercall::event(PV_EVENT_ALLOC_UNBOUND, host);
        if (port <= 0)
            return false;
        ports_[port_count_] = {static_cast<uint32_t>(port)};
    }
    return true;
}

store::Error Wiring::tell(store::Client &store, Directory &directory,
                          store::Transaction transaction) const
{
    std::array<char, PV_DEVICE_VALUE_MAX> room{};
    Writer text(room);

    for (std::size_t i = 0; i < ring_count_; i++) {
        text.clear();
        format(text, "{} {} {}", memory_.ref().value, rings_[i].offset, rings_[i].size);
        const store::Error error = store.write(
            directory.key(PV_DEVICE_RING, static_cast<uint32_t>(i)), text.text(), transaction);
        if (error != 0)
            return error;
    }
    for (std::size_t i = 0; i < port_count_; i++) {
        text.clear();
        format(text, "{}", ports_[i].value);
        const store::Error error = store.write(
            directory.key(PV_DEVICE_PORT, static_cast<uint32_t>(i)), text.text(), transaction);
        if (error != 0)
            return error;
    }
    remove_rest(store, directory, transaction, PV_DEVICE_RING, ring_count_);
    remove_rest(store, directory, transaction, PV_DEVICE_PORT, port_count_);
    return 0;
}

void Wiring::withdraw()
{
    while (port_count_ > 0)
        (void)events::close(ports_[--port_count_]);
    if (memory_.good())
        (void)memory_.revoke();
}

void Wiring::drop()
{
    ring_count_ = 0;
    memory_ = GrantedMemory();
}

} // namespace keel::device
