// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/check/pool.hpp"

#include <algorithm>

namespace keel::blk::check {

Pool::Pool(uint32_t pages)
    : large_(large_count, large_sectors * PV_BLK_SECTOR),
      free_(std::make_unique<uint32_t[]>(pages)), free_count_(pages / grants * grants)
{
    for (Buffers &one : grants_)
        one = Buffers(pages / grants, Arena::page);
    for (uint32_t page = 0; page < free_count_; page++)
        free_[page] = page;
}

bool Pool::good() const
{
    return large_.good() && std::all_of(grants_.begin(), grants_.end(),
                                        [](const Buffers &one) { return one.good(); });
}

uint32_t Pool::take_large()
{
    for (uint32_t number = 0; number < large_count; number++) {
        if (large_used_[number])
            continue;
        large_used_[number] = true;
        return number;
    }
    return none;
}

} // namespace keel::blk::check
