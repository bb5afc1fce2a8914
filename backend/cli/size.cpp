// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/size.hpp"

#include <charconv>

namespace paravane::cli {

namespace {

// The number at the text's beginning, and what is behind it. False: there is none, or it is too large.
bool take_number(const std::string &text, uint64_t &number, std::string &rest)
{
    const char *const end = text.data() + text.size();
    const std::from_chars_result taken = std::from_chars(text.data(), end, number);

    if (taken.ec != std::errc())
        return false;
    rest.assign(taken.ptr, end);
    return true;
}

} // namespace

std::string parse_size(const std::string &text, uint64_t &bytes)
{
    std::string wrong =
        "\"" + text + "\" is not a size: try 64M, or a number of bytes, K, M, G or T";
    uint64_t number = 0;
    std::string unit;

    if (!take_number(text, number, unit))
        return wrong;
    const int shift = unit.empty()  ? 0
                      : unit == "K" ? 10
                      : unit == "M" ? 20
                      : unit == "G" ? 30
                      : unit == "T" ? 40
                                    : -1;
    // So that nobody who adds to it comes round.
    if (shift < 0 || number > uint64_t{INT64_MAX} >> shift)
        return wrong;
    bytes = number << shift;
    return {};
}

std::string parse_number(const std::string &text, uint64_t least, uint64_t most, uint64_t &number)
{
    uint64_t taken = 0;
    std::string rest;

    if (!take_number(text, taken, rest) || !rest.empty() || taken < least || taken > most)
        return "a number from " + std::to_string(least) + " to " + std::to_string(most) +
               " is needed";
    number = taken;
    return {};
}

} // namespace paravane::cli
