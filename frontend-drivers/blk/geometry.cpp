// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/geometry.hpp"

#include <algorithm>
#include <bit>

namespace keel::blk {

namespace {

constexpr uint32_t large_sector = 4096;
constexpr uint32_t bytes_max = uint32_t{1} << 30; // of what is only advice

bool read(device::Properties &properties, std::string_view name, uint32_t most, uint32_t &value)
{
    uint64_t number = 0;

    if (!properties.number(name, most, number))
        return false;
    value = static_cast<uint32_t>(number);
    return true;
}

} // namespace

bool read_geometry(device::Properties &properties, Geometry &geometry)
{
    Geometry read_here;

    if (!properties.number(PV_BLK_SECTORS, Geometry::sectors_max, read_here.sectors) ||
        !read(properties, PV_BLK_SECTOR_BYTES, large_sector, read_here.sector_bytes) ||
        !read(properties, PV_BLK_QUEUES_MAX, UINT32_MAX, read_here.queues_max) ||
        !read(properties, PV_BLK_DEPTH_MAX, UINT32_MAX, read_here.depth_max))
        return false;
    if ((read_here.sector_bytes != PV_BLK_SECTOR && read_here.sector_bytes != large_sector) ||
        read_here.sectors % (read_here.sector_bytes / PV_BLK_SECTOR) != 0 ||
        read_here.queues_max == 0 || read_here.depth_max < PV_RING_SLOTS_MIN)
        return false;
    // Advice, and none where it makes no sense.
    read_here.block_bytes = read_here.sector_bytes;
    read_here.discard_bytes = read_here.sector_bytes;
    (void)read(properties, PV_BLK_BLOCK_BYTES, bytes_max, read_here.block_bytes);
    (void)read(properties, PV_BLK_OPTIMAL_BYTES, bytes_max, read_here.optimal_bytes);
    (void)read(properties, PV_BLK_DISCARD_BYTES, bytes_max, read_here.discard_bytes);
    geometry = read_here;
    return true;
}

Shape shape_for(const Geometry &geometry, uint32_t queues, uint32_t depth, uint32_t vcpus)
{
    const uint32_t depth_most = std::min(geometry.depth_max, PV_RING_SLOTS_MAX);
    const uint32_t queues_most = std::min(geometry.queues_max, PV_BLK_QUEUES_LIMIT);

    return {std::clamp(queues == 0 ? vcpus : queues, 1U, queues_most),
            std::bit_floor(std::clamp(depth, PV_RING_SLOTS_MIN, depth_most))};
}

} // namespace keel::blk
