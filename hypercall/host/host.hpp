// SPDX-License-Identifier: Apache-2.0
//
// What a domain asks of the process it lives in. All calls come with the domain's lock held, and must not
// call back into the domain.
#pragma once

#include <cstdint>
#include <string_view>

#include "hypercall/host/backend_number.hpp"
#include "hypercall/host/call.hpp"

namespace paravane {

struct ConsoleAnswer {
    bool taken = true;
    uint64_t delay = 0; // ns that the guest is to wait before it goes on
};

class Host {
  public:
    Host() = default;
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;
    virtual ~Host() = default;

    // Early and panic output, at most PV_CONSOLE_IO_MAX bytes: all of it is taken or nothing.
    virtual ConsoleAnswer console(std::string_view text) = 0;

    // Domain::signalled() is to be called whenever this eventfd is signalled.
    virtual void watch(Port port, int eventfd) = 0;
    virtual void unwatch(Port port, int eventfd) = 0;

    // Domain::timer_due() is to be called at this time of the guest's clock, in ns; 0: not any more.
    virtual void set_timer(VcpuId vcpu, uint64_t deadline) = 0;

    // The guest has ended, and its vCPUs stop. Called once.
    virtual void ended(uint32_t reason, uint32_t status) = 0;

    // The guest takes back what this backend, attached by the process, still pins: it is to be ended, and
    // Domain::detach() to be called. Once a backend.
    virtual void overdue(BackendNumber /*backend*/) {}
    // The guest stands still until Domain::resume().
    virtual void suspended() {}
};

} // namespace paravane
