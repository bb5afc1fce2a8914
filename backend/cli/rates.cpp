// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/rates.hpp"

#include "backend/cli/size.hpp"

namespace paravane::cli {

namespace {

static_assert(burst_ms_max * ns_in_ms == Rates::burst_max);

} // namespace

RateWords RateWords::over(const RateWords &others) const
{
    return {iops ? iops : others.iops, bps ? bps : others.bps,
            burst_ms ? burst_ms : others.burst_ms};
}

Rates RateWords::rates() const
{
    return {iops.value_or(0), bps.value_or(0),
            burst_ms ? *burst_ms * ns_in_ms : Rates::usual_burst};
}

std::string take_rate(std::string_view key, uint64_t number, uint64_t least, RateWords &words)
{
    const bool is_burst = key == "burst";
    const uint64_t most = is_burst ? burst_ms_max : Rates::rate_max;

    if (is_burst)
        least = 1;
    if (number < least || number > most)
        return "a number from " + std::to_string(least) + " to " + std::to_string(most) +
               " is needed";
    (is_burst ? words.burst_ms : key == "iops" ? words.iops : words.bps) = number;
    return {};
}

std::string parse_rate(std::string_view key, const std::string &value, RateWords &words)
{
    uint64_t number = 0;

    if (key != "bps") {
        std::string wrong =
            parse_number(value, 1, key == "burst" ? burst_ms_max : Rates::rate_max, number);
        return wrong.empty() ? take_rate(key, number, 1, words) : wrong;
    }
    if (!parse_size(value, number).empty() || !take_rate(key, number, 1, words).empty())
        return "a size such as 100M is needed, up to " + std::to_string(Rates::rate_max);
    return {};
}

std::string check_rates(const RateWords &words)
{
    if (words.burst_ms && !words.iops && !words.bps)
        return "a burst is of iops or of bps, and neither is there";
    return {};
}

} // namespace paravane::cli
