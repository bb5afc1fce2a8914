// SPDX-License-Identifier: Apache-2.0
#include "report/statistics.hpp"

#include <algorithm>
#include <vector>

namespace paravane::bench {

double median_of(std::span<const double> values)
{
    return summarise(values).median;
}

Summary summarise(std::span<const double> values)
{
    if (values.empty())
        return {};
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const size_t middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return {median, sorted.front(), sorted.back(), static_cast<uint32_t>(sorted.size())};
}

} // namespace paravane::bench
