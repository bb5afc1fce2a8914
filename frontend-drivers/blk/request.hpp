// SPDX-License-Identifier: Apache-2.0
//
// A request as a caller asks for it, and as it lies in a ring's slot.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "frontend-drivers/keel/grant_table.hpp"

extern "C" {
#include <paravane/blk.h>
}

namespace keel::blk {

// A piece of granted memory: a multiple of the disk's sector, from a multiple of 512 bytes on.
struct Segment {
    GrantRef grant;
    uint32_t offset = 0; // bytes from the grant's first frame
    uint32_t length = 0; // bytes
};

struct Request {
    pv_blk_operation operation = PV_BLK_READ;
    bool fua = false;     // a change that is durable before it is answered
    uint64_t sector = 0;  // of 512 bytes; 0 for flush and identify
    uint32_t sectors = 0; // of a discard and write-zeroes; of others the segments say it
    // Read before put() returns. More than one need a table.
    std::span<const Segment> segments;
};

// Which of the operations a backend is to be asked for, as a set of bits 1 << operation, by the features in force.
[[nodiscard]] uint32_t operations_of(uint64_t features);

// The words of a struct pv_blk_request. As words, because what is stored in smaller pieces and then read in
// words has to wait for the stores.
using RequestWords = std::array<pv_le64, sizeof(pv_blk_request) / sizeof(pv_le64)>;

inline uint64_t first_word(uint32_t id, uint32_t operation, uint32_t flags)
{
    return id | operation << 16 | uint64_t{flags} << 24;
}

// One whose data, or whose table, lies there.
inline void encode(RequestWords &words, uint32_t id, const Request &request, uint32_t flags,
                   const Segment &data)
{
    words[0] = pv_le64_of(first_word(id, request.operation, flags));
    words[1] = pv_le64_of(request.sector);
    words[2] = pv_le64_of(data.grant.value | uint64_t{data.offset} << 32);
    words[3] = pv_le64_of(data.length);
}

// What one has in its data's place that has none. More sectors than any may have stay more.
inline Segment length_alone(const Request &request)
{
    return {{}, 0, std::min(request.sectors, PV_BLK_CLEAR_SECTORS_MAX + 1) * PV_BLK_SECTOR};
}

inline uint32_t flags_of(const Request &request)
{
    return request.fua ? PV_BLK_FLAG_FUA : 0;
}

// Writes segments as a backend reads them from a table.
void encode_table(pv_shared table, std::span<const Segment> segments);

} // namespace keel::blk
