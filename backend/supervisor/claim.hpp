// SPDX-License-Identifier: Apache-2.0
//
// What a frontend says in the store when it wants to be connected. A stranger's words: each value is
// read once, and checked.
#pragma once

#include <string>
#include <vector>

#include "backend/store/store.hpp"
#include "backend/supervisor/device_kind.hpp"
#include "hypercall/host/call.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

struct ClaimedRing {
    uint32_t grant = 0;
    uint64_t offset = 0; // bytes into the granted range
    uint32_t size = 0;   // slots, or bytes of a stream
};

struct Claim {
    pv_device_terms terms{};
    std::vector<ClaimedRing> rings;
    std::vector<Port> ports;
};

// The state that a half has written into its directory; 0 where there is none.
[[nodiscard]] uint32_t read_state(Store &store, const std::string &directory);
// The same of the epoch.
[[nodiscard]] uint64_t read_epoch(Store &store, const std::string &directory);

// The Problem is told to the guest.
[[nodiscard]] Result<Claim> read_claim(Store &store, const std::string &directory,
                                       const DeviceKind &kind);

} // namespace paravane
