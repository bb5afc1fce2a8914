// SPDX-License-Identifier: Apache-2.0
//
// One guest: its memory, its ports, and what its hypercalls do. Knows nothing of the vehicle but the
// interface. vCPU threads and the process's event loop use it at the same time; one lock orders them,
// which no data path takes.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hypercall/host/call.hpp"
#include "hypercall/host/event_channels.hpp"
#include "hypercall/host/guest_clock.hpp"
#include "hypercall/host/guest_memory.hpp"
#include "hypercall/host/host.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/runstate.hpp"
#include "hypercall/host/vehicle.hpp"

namespace paravane {

struct DomainSettings {
    DomainId id{1};
    uint32_t vcpus = 1;
    uint64_t memory = uint64_t{64} << 20; // bytes of RAM
    std::string command_line;
};

class Domain {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Domain>> create(const DomainSettings &settings,
                                                                Host &host);
    // Before the first call.
    void set_vehicle(Vehicle &vehicle);
    // Once, then: the port of the store, and the store's end of it.
    [[nodiscard]] Result<HostEnd> make_store_port();
    [[nodiscard]] Port store_port() const { return store_port_; }

    [[nodiscard]] const DomainSettings &settings() const { return settings_; }
    [[nodiscard]] const GuestMemory &memory() const { return memory_; }

    // From a vCPU's thread.
    [[nodiscard]] Outcome call(VcpuId vcpu, const Call &call);
    // The vCPU asked to sleep: false if there is something for it to look at.
    [[nodiscard]] bool may_sleep(VcpuId vcpu) const { return !area_.upcall_set(vcpu); }
    // The guest did what no guest may: it ends as if it had crashed, with this line on its console.
    void crash(const std::string &why);

    // From the process's event loop; the first every second or so.
    void update_clock();
    void signalled(Port port);
    void timer_due(VcpuId vcpu);
    void raise_virq(uint32_t virq);
    // Ends the guest from outside, as if it had asked for it; or without a word to the host.
    void end(uint32_t reason, uint32_t status);
    void stop();
    [[nodiscard]] Result<HostEnd> bind_host(Port port, DomainId remote);
    void unbind_host(Port port);

    // The rest is for the calls, which hold the lock.
    struct VcpuState {
        bool up = false;
        Runstate time;
    };
    [[nodiscard]] EventChannels &events() { return events_; }
    [[nodiscard]] Vehicle &vehicle() { return *vehicle_; }
    [[nodiscard]] Host &host() { return host_; }
    [[nodiscard]] VcpuState &vcpu(VcpuId vcpu) { return *vcpus_[vcpu.value]; }
    [[nodiscard]] uint32_t vcpu_count() const { return settings_.vcpus; }
    void finish(uint32_t reason, uint32_t status);
    // Waits, with the lock let go, until one of the ports is pending or the time has come.
    [[nodiscard]] int64_t poll(const std::vector<Port> &ports, uint64_t deadline);

  private:
    Domain(DomainSettings settings, GuestMemory memory, Host &host);
    [[nodiscard]] bool any_pending(const std::vector<Port> &ports) const;

    DomainSettings settings_;
    GuestMemory memory_;
    EventArea area_;
    Host &host_;
    EventChannels events_;
    Vehicle *vehicle_ = nullptr;
    std::optional<GuestClock> clock_; // as soon as there is a vehicle
    std::vector<std::unique_ptr<VcpuState>> vcpus_;
    Port store_port_;
    bool ended_ = false;
    std::mutex lock_;
    std::condition_variable_any raised_; // a port, or the end
};

} // namespace paravane
