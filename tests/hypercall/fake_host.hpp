// SPDX-License-Identifier: Apache-2.0
//
// The process that a domain lives in, as a notebook: see fake_vehicle.hpp.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "hypercall/host/host.hpp"

namespace paravane::hypercall_test {

class FakeHost : public Host {
  public:
    // What it answers.
    ConsoleAnswer answer;

    // What it was asked.
    std::vector<std::string> texts;
    std::map<Port, int> watched;
    std::vector<std::pair<VcpuId, uint64_t>> timers;
    std::vector<std::pair<uint32_t, uint32_t>> ends; // reason, status
    std::vector<BackendNumber> late;
    // Also to be looked at while a vCPU sleeps in a call.
    std::atomic<unsigned int> overdues{0};
    std::atomic<unsigned int> suspends{0};
    unsigned int violations = 0;
    unsigned int strays = 0; // removals of what was never added

    ConsoleAnswer console(std::string_view text) override
    {
        violations += text.size() > PV_CONSOLE_IO_MAX;
        texts.emplace_back(text);
        return answer;
    }
    void watch(Port port, int eventfd) override
    {
        violations += eventfd < 0 || !watched.emplace(port, eventfd).second;
    }
    void unwatch(Port port, int eventfd) override
    {
        const auto found = watched.find(port);
        if (found == watched.end()) {
            strays++;
            return;
        }
        violations += found->second != eventfd;
        watched.erase(found);
    }
    void set_timer(VcpuId vcpu, uint64_t deadline) override { timers.emplace_back(vcpu, deadline); }
    void overdue(BackendNumber backend) override
    {
        late.push_back(backend);
        overdues++;
    }
    void suspended() override { suspends++; }
    void ended(uint32_t reason, uint32_t status) override { ends.emplace_back(reason, status); }
};

} // namespace paravane::hypercall_test
