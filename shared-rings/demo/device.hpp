// SPDX-License-Identifier: Apache-2.0
//
// The demonstration's device: an adder. A request carries six numbers, its response their sum.
#pragma once

#include <array>
#include <cstdint>

#include "paravane/ring.hpp"
#include "paravane/shared_memory.hpp"

#include "port.hpp"

extern "C" {
#include "paravane/backend_queue.h"
#include "paravane/frontend_queue.h"
}

namespace paravane::demo {

constexpr uint8_t operation_add = 0;
constexpr uint32_t numbers_a_request = 6;

struct AddRequest {
    pv_request_head head;
    pv_le64 tag; // the frontend's own number of the request
    std::array<pv_le64, numbers_a_request> numbers;
};

struct AddResponse {
    pv_response_head head;
    pv_le64 sum;
};

static_assert(SlotMessage<AddRequest> && sizeof(AddRequest) == 64);
static_assert(SlotMessage<AddResponse> && sizeof(AddResponse) == 16);

inline uint64_t sum_of(const AddRequest &request)
{
    uint64_t sum = pv_le64_get(request.tag);
    for (const pv_le64 number : request.numbers)
        sum += pv_le64_get(number);
    return sum;
}

// Where the two rings of a device queue lie in one range of memory.
struct QueuePlace {
    uint32_t slots;

    [[nodiscard]] pv_ring_geometry requests() const { return {slots, sizeof(AddRequest)}; }
    [[nodiscard]] pv_ring_geometry responses() const { return {slots, sizeof(AddResponse)}; }
    [[nodiscard]] uint64_t responses_at() const
    {
        return (pv_ring_bytes(requests()) + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE * PV_PAGE_SIZE;
    }
    [[nodiscard]] uint64_t bytes() const { return responses_at() + pv_ring_bytes(responses()); }
};

struct Device {
    QueuePlace place;
    SharedMemory memory;
    Port doorbell;  // frontend to backend
    Port interrupt; // backend to frontend
};

} // namespace paravane::demo
