// SPDX-License-Identifier: Apache-2.0
//
// What a backend must remember to come back after its death, in memory that only it and its keeper
// have. Every change becomes true with one store of one word, so there is no moment at which a
// SIGKILL leaves it half made.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"

namespace paravane::stress {

inline constexpr uint32_t log_slots = 256;

struct Request {
    pv_request_head head;
    std::array<unsigned char, 56> body;
};

struct Response {
    pv_response_head head;
    std::array<unsigned char, 24> body;
};

static_assert(sizeof(Request) == 64 && sizeof(Response) == 32);

// One device's life: what both processes know of it from the store.
struct Device {
    pv_ring_geometry requests;
    pv_ring_geometry responses;
    uint32_t depth;
    uint32_t start; // index of both rings at its beginning
    uint64_t key;
    uint32_t crash_one_in; // 0: the backend never kills itself

    static Device choose(Random &random)
    {
        Device device = {};
        device.requests = {random.power(1, 8), sizeof(Request)};
        device.responses = {random.power(1, 8), sizeof(Response)};
        device.depth = random.between(1, std::min(device.requests.slots, device.responses.slots));
        device.start = random.index_before_wrap();
        device.key = random.next();
        return device;
    }
    [[nodiscard]] uint64_t responses_offset() const
    {
        return (pv_ring_bytes(requests) + 127) / 128 * 128;
    }
    [[nodiscard]] uint64_t bytes() const { return responses_offset() + pv_ring_bytes(responses); }
    // The response to a request is another function of its number.
    [[nodiscard]] uint64_t response_key() const { return ~key; }
};

// The moments at which a backend may kill itself.
enum CrashPoint : uint32_t {
    crash_attaching,
    crash_restored,
    crash_attached,
    crash_taken,
    crash_request_written,
    crash_request_logged,
    crash_released,
    crash_executed,
    crash_response_written,
    crash_response_logged,
    crash_filled,
    crash_published,
    crash_armed,
    crash_awake,
    crash_points
};

struct BackendLog {
    // A request is in the log when `held` and its index is before `taken`.
    struct Entry {
        std::atomic<bool> held;
        uint32_t index = 0; // in the request ring
        uint32_t executions = 0;
        uint32_t replays = 0;
        Request request = {};
    };

    std::atomic<uint32_t> taken;           // index before which requests were logged
    std::atomic<uint32_t> responded;       // index before which responses were logged
    std::array<Entry, log_slots> requests; // by id
    // By index; each may be needed until the frontend has taken it.
    std::array<Response, log_slots> responses = {};

    // For the report; plain words, since one incarnation at a time writes them.
    uint64_t executions = 0;
    uint64_t replays = 0;
    uint64_t restores = 0; // responses whose slots were written again
    Counts counts;
    std::array<uint64_t, crash_points> crashes = {};
};

// Orders what the compiler makes of two stores; the processor keeps them in order for itself, and a
// killed process has executed all before the place where it died.
inline void log_order()
{
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

} // namespace paravane::stress
