// SPDX-License-Identifier: Apache-2.0
//
// What a backend process is told in its first packet: one connection of one device, with its memories,
// ports and descriptors. Received before the process enters its sandbox; nothing of the guest's is
// looked at here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/engine/granted_memory.hpp"
#include "hypercall/host/domain_id.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

extern "C" {
#include <paravane/device.h>
}

namespace paravane {

// Where the frontend says that a ring lies. Unchecked.
struct RingPlace {
    uint32_t grant;
    uint64_t offset; // bytes
    uint32_t size;   // slots, or bytes of a stream
};

struct HostPort {
    UniqueFd doorbell; // the guest signals it
    UniqueFd event;    // and is signalled by it
};

// What a backend serves. The supervisor has checked a frontend against it already; what does not fit
// is refused here all the same.
struct DeviceShape {
    pv_device_offer offer;
    uint32_t rings_min;
    uint32_t rings_max;
    uint32_t ports_min;
    uint32_t ports_max;
    uint32_t descriptors_min; // the device's own, behind the common ones
    uint32_t descriptors_max;
};

struct Connection {
    DomainId domain; // whose device it is
    pv_device_terms terms{};
    uint64_t epoch = 0;
    bool resumed = false; // an earlier process served this epoch
    std::vector<RingPlace> rings;
    std::vector<HostPort> ports;
    std::unique_ptr<GrantedMemory> memory;
    int unpinned = -1;                 // the event of an unpin, which `memory` owns
    std::vector<UniqueFd> descriptors; // the device's own
    std::string
        refusal; // not empty: what of the frontend's choice does not fit; the rest is not there

    // The first packet of the socket. Waits for it. A Problem is the supervisor's mistake, or that it
    // has gone.
    [[nodiscard]] static Result<Connection> receive(int socket, const DeviceShape &shape);
};

} // namespace paravane
