// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/cost.hpp"

#include <algorithm>
#include <vector>

namespace paravane::probe {

std::optional<Spread> spread_of(std::span<const double> rounds)
{
    if (rounds.empty())
        return std::nullopt;
    std::vector<double> sorted(rounds.begin(), rounds.end());
    std::sort(sorted.begin(), sorted.end());

    const size_t middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return Spread{median, sorted.front(), sorted.back(), static_cast<uint32_t>(sorted.size())};
}

} // namespace paravane::probe
