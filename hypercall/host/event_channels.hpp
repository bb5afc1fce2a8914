// SPDX-License-Identifier: Apache-2.0
//
// The ports of one guest. Every change comes with the domain's lock held.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "hypercall/host/call.hpp"
#include "hypercall/host/event_area.hpp"
#include "hypercall/host/host.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include "hypercall/host/vehicle.hpp"

namespace paravane {

// The host's end of a port: it reads `doorbell` and writes `event`.
struct HostEnd {
    UniqueFd doorbell;
    UniqueFd event;
};

class EventChannels {
  public:
    EventChannels(DomainId self, uint32_t vcpus, EventArea area, Host &host);
    // Before anything else.
    void set_vehicle(Vehicle &vehicle) { vehicle_ = &vehicle; }

    // The guest's calls: a port or 0, or a negative error.
    int64_t alloc_unbound(DomainId remote);
    int64_t bind_interdomain(DomainId remote, Port remote_port);
    int64_t bind_virq(uint32_t virq, VcpuId vcpu);
    int64_t bind_ipi(VcpuId vcpu);
    int64_t bind_vcpu(Port port, VcpuId vcpu);
    int64_t bind_direct(Port port, VcpuId vcpu, uint32_t number);
    int64_t send(Port port);
    int64_t unmask(Port port);
    int64_t status(Port port) const;
    int64_t close(Port port);
    void reset(); // spares the host's own
    int64_t doorbell(Port port, pv_doorbell &description);

    // The host binds to a port that the guest allocated for `remote`.
    [[nodiscard]] Result<HostEnd> bind_host(Port port, DomainId remote);
    // A port of the host's own, bound to it from the start: the guest cannot close it.
    [[nodiscard]] Result<std::pair<Port, HostEnd>> make_fixed();
    // The host is gone from it: the port is unbound again, for the next one.
    void unbind_host(Port port);
    // From all but the host's own.
    void unbind_hosts();

    void raise(Port port);
    void raise_virq(uint32_t virq, VcpuId vcpu);
    [[nodiscard]] bool pending(Port port) const { return area_.pending(port); }
    // A vCPU may sleep waiting for this port's pending bit.
    [[nodiscard]] bool pollable(Port port) const;

  private:
    struct Channel {
        pv_port_state state = PV_PORT_FREE;
        VcpuId vcpu;
        DomainId remote; // unbound, interdomain
        Port peer;       // interdomain within this domain: its other end
        uint32_t virq = 0;
        UniqueFd doorbell;               // interdomain with the host: the guest signals it
        UniqueFd event;                  // and the host this
        bool fixed = false;              // the host's own
        std::optional<pv_doorbell> rung; // what the guest was told, as soon as it asked
        std::optional<uint32_t> direct;  // its number
    };

    [[nodiscard]] int64_t free_port() const;
    // Null for a port that is not there or free.
    [[nodiscard]] Channel *used(Port port);
    [[nodiscard]] const Channel *used(Port port) const;
    void listen(Port port, Channel &channel);
    void unbind(Port port, Channel &channel);

    DomainId self_;
    uint32_t vcpus_;
    EventArea area_;
    Host &host_;
    Vehicle *vehicle_ = nullptr;
    std::vector<Channel> channels_;
    uint32_t next_ = 1; // where to look for a free port first
};

} // namespace paravane
