// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ring/dpdk_test.hpp"
#include "ring/series.hpp"

namespace paravane::bench {
namespace {

// Shortened to the lines that could be mistaken for one another; the figures are made up.
constexpr std::string_view output_22_11 = R"(RTE>>ring_perf_autotest

### Testing bulk enq/deq ###
legacy APIs: SP/SC: bulk (size: 8): 1.01
legacy APIs: SP/SC: bulk (size: 32): 1.02

### Testing using two hyperthreads ###
legacy APIs: SP/SC: bulk (size: 8): 2.01

### Testing using two physical cores ###
legacy APIs: SP/SC: bulk (size: 8): 3.01
legacy APIs: MP/MC: bulk (size: 8): 3.02
legacy APIs: SP/SC: bulk (size: 32): 3.03
legacy APIs: MP/MC: bulk (size: 32): 3.04

### Testing using all worker nodes ###
Total count (size: 8): 1512787

### Testing bulk enq/deq ###
elem APIs: element size 16B: SP/SC: bulk (size: 8): 4.01
elem APIs: element size 16B: SP/SC: burst (size: 8): 4.02

### Testing using two hyperthreads ###
elem APIs: element size 16B: SP/SC: bulk (size: 8): 6.01
elem APIs: element size 16B: SP/SC: bulk (size: 32): 6.02

### Testing using two physical cores ###
elem APIs: element size 16B: SP/SC: bulk (size: 8): 5.01
elem APIs: element size 16B: MP/MC: bulk (size: 8): 5.02
elem APIs: element size 16B: SP/SC: bulk (size: 32): 5.03
elem APIs: element size 16B: MP/MC: bulk (size: 32): 5.04

### Testing using all worker nodes ###
Test OK
)";

constexpr std::string_view output_later = R"(
### Testing using two physical cores ###
legacy APIs - SP/SC - bulk (n:8  ) - cycles per elem: 3.010
legacy APIs - SP/SC - bulk (n:32 ) - cycles per elem: 3.030
legacy APIs - SP/SC - bulk (n:128) - cycles per elem: 3.050

### Testing using two physical cores ###
elem APIs (size:16B) - SP/SC - bulk (n:8  ) - cycles per elem: 5.010
elem APIs (size:16B) - SP/SC - bulk (n:32 ) - cycles per elem: 5.030
elem APIs (size:16B) - SP/SC - bulk (n:256) - cycles per elem: 5.050

### Testing using two physical cores ###
elem APIs (size:16B) - MP/MC - bulk (n:8  ) - cycles per elem: 9.010
)";

TEST(DpdkOutput, Of2211)
{
    const DpdkFigures cores = parse_dpdk_output(output_22_11, "two physical cores");
    const DpdkFigures threads = parse_dpdk_output(output_22_11, "two hyperthreads");

    EXPECT_EQ(cores.element16_burst8, 5.01);
    EXPECT_EQ(cores.element16_burst32, 5.03);
    EXPECT_EQ(cores.pointer_burst8, 3.01);
    EXPECT_EQ(cores.pointer_burst32, 3.03);
    EXPECT_TRUE(cores.complete());
    EXPECT_EQ(threads.element16_burst8, 6.01);
    EXPECT_EQ(threads.element16_burst32, 6.02);
}

TEST(DpdkOutput, OfLaterVersions)
{
    const DpdkFigures figures = parse_dpdk_output(output_later, "two physical cores");

    EXPECT_EQ(figures.element16_burst8, 5.01);
    EXPECT_EQ(figures.element16_burst32, 5.03);
    EXPECT_EQ(figures.pointer_burst8, 3.01);
    EXPECT_EQ(figures.pointer_burst32, 3.03);
}

TEST(DpdkOutput, WithoutFiguresIsIncomplete)
{
    EXPECT_FALSE(parse_dpdk_output("", "two physical cores").complete());
    EXPECT_FALSE(parse_dpdk_output("EAL: Cannot init memory\n", "two physical cores").complete());
    EXPECT_FALSE(parse_dpdk_output(output_22_11, "two NUMA nodes").complete());
    EXPECT_FALSE(parse_dpdk_output("### Testing using two physical cores ###\n"
                                   "elem APIs: element size 16B: SP/SC: bulk (size: 8): nan?\n",
                                   "two physical cores")
                     .complete());
}

TEST(Series, KeepsTheRowsOfOneThingTogether)
{
    Series series;

    series.add("a", "1", "ns", 1);
    series.add("b", "1", "ns", 2);
    series.add("a", "2", "ns", 3);
    series.add("a", "1", "ns", 5);
    const std::vector<Row> rows = series.rows();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].configuration, "1");
    EXPECT_EQ(rows[0].figure.median, 3);
    EXPECT_EQ(rows[1].configuration, "2");
    EXPECT_EQ(rows[2].what, "b");
    EXPECT_EQ(series.values("a", "1"), (std::vector<double>{1, 5}));
    EXPECT_TRUE(series.values("c", "1").empty());
}

} // namespace
} // namespace paravane::bench
