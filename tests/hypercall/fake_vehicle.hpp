// SPDX-License-Identifier: Apache-2.0
//
// A vehicle that carries nothing: it writes down what it is asked, and counts what no domain may ask,
// a vCPU that is not there, a thing added twice, one removed by another descriptor.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "hypercall/host/vehicle.hpp"

namespace paravane::hypercall_test {

class FakeVehicle final : public Vehicle {
  public:
    struct Mapping {
        GuestVirtual from;
        GuestAddress to;
        uint64_t bytes;
        uint32_t access;
    };

    explicit FakeVehicle(uint32_t vcpus) : vcpus_(vcpus) {}

    // What it answers.
    uint64_t offered = PV_FEATURE_DIRECT_EVENTS | PV_FEATURE_DOORBELLS | PV_FEATURE_PROTECT |
                       PV_FEATURE_CALLBACKS | PV_FEATURE_SMP | PV_FEATURE_GRANTS;
    bool has_doorbells = true;
    int64_t direct_result = 0;
    int64_t callback_result = 0;
    int64_t start_result = 0;
    int64_t map_result = 0;
    uint64_t khz = 2400000;

    // What it was asked.
    std::vector<uint32_t> upcalls;
    std::vector<std::pair<VcpuId, Callback>> callbacks;
    std::vector<std::pair<VcpuId, VcpuStart>> starts;
    std::vector<Mapping> mappings;
    std::map<Port, int> doorbells;
    std::map<std::pair<VcpuId, uint32_t>, int> directs;
    unsigned int holds = 0;
    unsigned int releases = 0;
    unsigned int stops = 0;
    unsigned int violations = 0;
    unsigned int strays = 0; // removals of what was never added

    [[nodiscard]] pv_vehicle kind() const override { return PV_VEHICLE_KVM; }
    [[nodiscard]] uint64_t features() const override { return offered; }
    [[nodiscard]] Stub stub(uint32_t number) const override
    {
        Stub code{};
        code.fill(static_cast<unsigned char>(number));
        code[0] = 0xf4;
        return code;
    }
    [[nodiscard]] GuestAddress interrupt_end() const override { return {0xfee000b0}; }
    [[nodiscard]] uint64_t counter_khz() const override { return khz; }

    void upcall(VcpuId vcpu) override
    {
        check(vcpu);
        upcalls.push_back(vcpu.value);
    }
    [[nodiscard]] int64_t add_direct(VcpuId vcpu, uint32_t number, int eventfd) override
    {
        check(vcpu);
        violations += number >= PV_DIRECT_EVENTS || eventfd < 0;
        if (direct_result == 0)
            violations += !directs.emplace(std::pair(vcpu, number), eventfd).second;
        return direct_result;
    }
    void remove_direct(VcpuId vcpu, uint32_t number, int eventfd) override
    {
        const auto found = directs.find({vcpu, number});
        if (found == directs.end()) {
            strays++;
            return;
        }
        violations += found->second != eventfd;
        directs.erase(found);
    }
    [[nodiscard]] bool add_doorbell(Port port, int eventfd, pv_doorbell &doorbell) override
    {
        if (!has_doorbells)
            return false;
        violations += eventfd < 0 || !doorbells.emplace(port, eventfd).second;
        doorbell.space = pv_le32_of(PV_DOORBELL_MEMORY);
        doorbell.width = pv_le32_of(4);
        doorbell.address = pv_le64_of(0xc0800000 + uint64_t{port.value} * 4);
        doorbell.value = pv_le64_of(port.value);
        return true;
    }
    void remove_doorbell(Port port, int eventfd) override
    {
        const auto found = doorbells.find(port);
        if (found == doorbells.end()) {
            strays++;
            return;
        }
        violations += found->second != eventfd;
        doorbells.erase(found);
    }
    [[nodiscard]] int64_t set_callback(VcpuId caller, const Callback &callback) override
    {
        check(caller);
        callbacks.emplace_back(caller, callback);
        return callback_result;
    }
    [[nodiscard]] int64_t start_vcpu(VcpuId vcpu, const VcpuStart &start) override
    {
        check(vcpu);
        starts.emplace_back(vcpu, start);
        return start_result;
    }
    [[nodiscard]] int64_t map(VcpuId caller, GuestVirtual from, GuestAddress to, uint64_t bytes,
                              uint32_t access) override
    {
        check(caller);
        mappings.push_back({from, to, bytes, access});
        return map_result;
    }
    void hold(VcpuId caller) override
    {
        check(caller);
        holds++;
    }
    void release(VcpuId caller) override
    {
        check(caller);
        violations += releases >= holds;
        releases++;
    }
    void stop() override { stops++; }

  private:
    void check(VcpuId vcpu) { violations += vcpu.value >= vcpus_; }

    uint32_t vcpus_;
};

} // namespace paravane::hypercall_test
