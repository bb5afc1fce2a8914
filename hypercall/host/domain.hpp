// SPDX-License-Identifier: Apache-2.0
//
// One guest: its memory, its ports, and what its hypercalls do. Knows nothing of the vehicle but the
// interface. vCPU threads and the process's event loop use it at the same time; one lock orders them,
// which no data path takes.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hypercall/host/call.hpp"
#include "hypercall/host/event_channels.hpp"
#include "hypercall/host/grants.hpp"
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
    uint64_t arena = uint64_t{16} << 20; // bytes; 0: none, so no backend can serve the guest
};

enum class Waited : uint8_t { done, late, ended };

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
    // A backend process that is about to start may use grants from now on, until detach(): then it is dead,
    // and nothing of its I/O is on its way.
    [[nodiscard]] Result<BackendEnd> attach(BackendNumber backend);
    void detach(BackendNumber backend);
    // A backend has signalled its event of an unpin.
    void unpinned();
    // A suspended guest goes on, in an epoch that must be a later one.
    [[nodiscard]] Result<void> resume(uint64_t epoch);

    // The rest is for the calls, which hold the lock.
    struct VcpuState {
        bool up = false;
        Runstate time;
    };
    [[nodiscard]] EventChannels &events() { return events_; }
    [[nodiscard]] Grants &grants() { return grants_; }
    [[nodiscard]] const Grants &grants() const { return grants_; }
    [[nodiscard]] uint64_t epoch() const { return epoch_; }
    [[nodiscard]] Vehicle &vehicle() { return *vehicle_; }
    [[nodiscard]] Host &host() { return host_; }
    [[nodiscard]] VcpuState &vcpu(VcpuId vcpu) { return *vcpus_[vcpu.value]; }
    [[nodiscard]] uint32_t vcpu_count() const { return settings_.vcpus; }
    void finish(uint32_t reason, uint32_t status);
    // Waits, with the lock let go, until it is done: what a port, a call of the guest or an unpin changes.
    // A deadline of 0 is none.
    [[nodiscard]] Waited wait(uint64_t deadline, const std::function<bool()> &done);
    // Stands still with all other vCPUs until the host resumes the guest; the epoch from then on.
    [[nodiscard]] int64_t suspend(VcpuId caller);
    // Until one of the ports is pending or the time has come.
    [[nodiscard]] int64_t poll(const std::vector<Port> &ports, uint64_t deadline);

  private:
    Domain(DomainSettings settings, GuestMemory memory, Host &host);
    void stand_still();
    [[nodiscard]] bool any_pending(const std::vector<Port> &ports) const;

    DomainSettings settings_;
    GuestMemory memory_;
    EventArea area_;
    Host &host_;
    EventChannels events_;
    Grants grants_;
    Vehicle *vehicle_ = nullptr;
    std::optional<GuestClock> clock_; // as soon as there is a vehicle
    std::vector<std::unique_ptr<VcpuState>> vcpus_;
    Port store_port_;
    uint64_t epoch_ = 1;
    bool suspended_ = false;
    bool ended_ = false;
    std::mutex lock_;
    std::condition_variable_any raised_; // a port, an unpin, a resume, or the end
};

} // namespace paravane
