// SPDX-License-Identifier: Apache-2.0
//
// What a backend says of a disk, and what is made of it.
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/geometry.hpp"

namespace keel::blk {
namespace {

class Said final : public device::Properties {
  public:
    ~Said() = default;

    [[nodiscard]] bool number(std::string_view name, uint64_t most, uint64_t &value) override
    {
        const auto found = numbers.find(std::string(name));
        if (found == numbers.end() || found->second > most)
            return false;
        value = found->second;
        return true;
    }
    void tell(std::string_view /*name*/, uint64_t /*value*/) override {}

    std::map<std::string, uint64_t> numbers = {
        {PV_BLK_SECTORS, 2048},        {PV_BLK_SECTOR_BYTES, 512},   {PV_BLK_BLOCK_BYTES, 4096},
        {PV_BLK_OPTIMAL_BYTES, 65536}, {PV_BLK_DISCARD_BYTES, 1024}, {PV_BLK_QUEUES_MAX, 4},
        {PV_BLK_DEPTH_MAX, 128}};
};

TEST(BlkGeometry, IsAsItIsSaid)
{
    Said said;
    Geometry geometry;

    ASSERT_TRUE(read_geometry(said, geometry));
    EXPECT_EQ(geometry.sectors, 2048U);
    EXPECT_EQ(geometry.sector_bytes, 512U);
    EXPECT_EQ(geometry.block_bytes, 4096U);
    EXPECT_EQ(geometry.optimal_bytes, 65536U);
    EXPECT_EQ(geometry.discard_bytes, 1024U);
    EXPECT_EQ(geometry.queues_max, 4U);
    EXPECT_EQ(geometry.depth_max, 128U);
}

TEST(BlkGeometry, NeedsWhatCountsAndGuessesTheRest)
{
    for (const char *name :
         {PV_BLK_SECTORS, PV_BLK_SECTOR_BYTES, PV_BLK_QUEUES_MAX, PV_BLK_DEPTH_MAX}) {
        Said said;
        Geometry geometry;
        said.numbers.erase(name);
        EXPECT_FALSE(read_geometry(said, geometry)) << name;
        EXPECT_EQ(geometry.sectors, 0U);
    }
    Said said;
    Geometry geometry;
    for (const char *name : {PV_BLK_BLOCK_BYTES, PV_BLK_OPTIMAL_BYTES, PV_BLK_DISCARD_BYTES})
        said.numbers.erase(name);
    said.numbers[PV_BLK_SECTOR_BYTES] = 4096;
    ASSERT_TRUE(read_geometry(said, geometry));
    EXPECT_EQ(geometry.block_bytes, 4096U);
    EXPECT_EQ(geometry.optimal_bytes, 0U);
    EXPECT_EQ(geometry.discard_bytes, 4096U);
}

TEST(BlkGeometry, RefusesWhatCannotBe)
{
    const std::pair<const char *, uint64_t> lies[] = {{PV_BLK_SECTORS, Geometry::sectors_max + 1},
                                                      {PV_BLK_SECTOR_BYTES, 0},
                                                      {PV_BLK_SECTOR_BYTES, 1024},
                                                      {PV_BLK_SECTOR_BYTES, 8192},
                                                      {PV_BLK_QUEUES_MAX, 0},
                                                      {PV_BLK_DEPTH_MAX, 1},
                                                      {PV_BLK_DEPTH_MAX, uint64_t{1} << 32}};

    for (const auto &[name, value] : lies) {
        Said said;
        Geometry geometry;
        said.numbers[name] = value;
        EXPECT_FALSE(read_geometry(said, geometry)) << name << ' ' << value;
    }
    Said said;
    Geometry geometry;
    said.numbers[PV_BLK_SECTOR_BYTES] = 4096;
    said.numbers[PV_BLK_SECTORS] = 2049;
    EXPECT_FALSE(read_geometry(said, geometry));
}

TEST(BlkGeometry, ShapesFollowTheDiskTheVcpusAndTheWish)
{
    Geometry geometry;
    const auto shape = [&](uint32_t queues, uint32_t depth, uint32_t vcpus) {
        const Shape found = shape_for(geometry, queues, depth, vcpus);
        return std::pair(found.queues, found.depth);
    };

    geometry.queues_max = 4;
    geometry.depth_max = 100;
    EXPECT_EQ(shape(0, 64, 2), std::pair(2U, 64U));
    EXPECT_EQ(shape(0, 64, 8), std::pair(4U, 64U));
    EXPECT_EQ(shape(3, 256, 8), std::pair(3U, 64U));
    EXPECT_EQ(shape(9, 33, 1), std::pair(4U, 32U));
    EXPECT_EQ(shape(1, 0, 1), std::pair(1U, 2U));
    geometry.queues_max = UINT32_MAX;
    geometry.depth_max = UINT32_MAX;
    EXPECT_EQ(shape(UINT32_MAX, UINT32_MAX, 1), std::pair(PV_BLK_QUEUES_LIMIT, PV_RING_SLOTS_MAX));
}

} // namespace
} // namespace keel::blk
