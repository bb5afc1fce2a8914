// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/request.hpp"

namespace keel::blk {

uint32_t operations_of(uint64_t features)
{
    uint32_t operations = 1U << PV_BLK_READ | 1U << PV_BLK_IDENTIFY;

    if ((features & PV_BLK_FEATURE_FLUSH) != 0)
        operations |= 1U << PV_BLK_FLUSH;
    if ((features & PV_BLK_FEATURE_READ_ONLY) != 0)
        return operations;
    operations |= 1U << PV_BLK_WRITE;
    if ((features & PV_BLK_FEATURE_DISCARD) != 0)
        operations |= 1U << PV_BLK_DISCARD;
    if ((features & PV_BLK_FEATURE_WRITE_ZEROES) != 0)
        operations |= 1U << PV_BLK_WRITE_ZEROES;
    return operations;
}

void encode_table(pv_shared table, std::span<const Segment> segments)
{
    for (const Segment &segment : segments) {
        const pv_segment wire = {pv_le32_of(segment.grant.value),
                                 pv_le32_of(segment.offset),
                                 pv_le32_of(segment.length),
                                 {0}};
        pv_shared_copy_in(table, &wire, sizeof(wire));
        table = pv_shared_at(table, sizeof(wire));
    }
}

} // namespace keel::blk
