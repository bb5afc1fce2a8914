// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/host_requests.hpp"

#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/suspend.hpp"

namespace keel {

namespace {

void set(void *flag)
{
    *static_cast<bool *>(flag) = true;
}

} // namespace

HostRequests::HostRequests()
{
    const auto shutdown = events::bind_virq(PV_VIRQ_SHUTDOWN, this_vcpu().id, {set, &shutdown_});
    const auto suspend = events::bind_virq(PV_VIRQ_SUSPEND, this_vcpu().id, {set, &suspend_});

    shutdown_port_ = shutdown.port;
    suspend_port_ = suspend.port;
    error_ = shutdown.error;
}

HostRequests::~HostRequests()
{
    for (const Port port : {shutdown_port_, suspend_port_}) {
        if (port.value != 0)
            (void)events::close(port);
    }
}

void HostRequests::suspend_now()
{
    suspend_ = false;
    (void)suspend();
}

} // namespace keel
