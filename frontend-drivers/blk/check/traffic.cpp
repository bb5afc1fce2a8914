// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/check/traffic.hpp"

#include <algorithm>
#include <array>

namespace keel::blk::check {

namespace {

struct Share {
    pv_blk_operation operation;
    uint32_t percent;
};

// What a disk cannot do is read instead.
constexpr std::array<Share, 4> shares = {
    {{PV_BLK_WRITE, 38}, {PV_BLK_FLUSH, 5}, {PV_BLK_WRITE_ZEROES, 6}, {PV_BLK_DISCARD, 5}}};

// So many of a hundred are at most so long.
struct Length {
    uint32_t percent;
    uint32_t most; // sectors
};

constexpr std::array<Length, 4> lengths = {
    {{50, 16}, {80, 128}, {95, 512}, {100, PV_BLK_REQUEST_SECTORS_MAX}}};

// Half of all is in so small a part of the region.
constexpr uint32_t hot_part = 16;
constexpr uint32_t fua_one_in = 16;

} // namespace

Traffic::Traffic(const Region &region, uint32_t operations, uint64_t seed)
    : region_(region), operations_(operations), numbers_(seed)
{
}

pv_blk_operation Traffic::operation()
{
    auto number = static_cast<uint32_t>(numbers_.below(100));

    for (const Share &share : shares) {
        if (number < share.percent)
            return may(share.operation) ? share.operation : PV_BLK_READ;
        number -= share.percent;
    }
    return PV_BLK_READ;
}

uint32_t Traffic::length()
{
    const auto number = static_cast<uint32_t>(numbers_.below(100));
    const auto *at = std::find_if(lengths.begin(), lengths.end(),
                                  [&](const Length &one) { return number < one.percent; });
    const uint32_t units = std::min(at->most, region_.sectors) / region_.unit;

    return static_cast<uint32_t>(1 + numbers_.below(std::max(units, 1U))) * region_.unit;
}

Step Traffic::next()
{
    Step step;

    step.operation = operation();
    if (step.operation == PV_BLK_FLUSH)
        return step;
    step.sectors = length();
    const bool hot = numbers_.below(2) == 0;
    const uint32_t part =
        std::max(hot ? region_.sectors / hot_part : region_.sectors, step.sectors);
    const uint64_t places = (part - step.sectors) / region_.unit + 1;
    step.sector = region_.first + numbers_.below(places) * region_.unit;
    step.fua =
        step.operation == PV_BLK_WRITE && may(PV_BLK_FLUSH) && numbers_.below(fua_one_in) == 0;
    return step;
}

std::size_t Traffic::divide(uint32_t sectors, uint32_t most, std::span<uint32_t> pieces)
{
    const auto unit = region_.unit;
    uint32_t left = sectors / unit; // in units from here on
    std::size_t count = 0;

    while (left > 0) {
        const auto room = static_cast<uint32_t>(pieces.size() - count);
        const uint32_t longest = std::min(most / unit, left);
        // So long at least that the rest fits into the other pieces.
        const uint32_t others = (room - 1) * (most / unit);
        const uint32_t least = std::max(left > others ? left - others : 1, 1U);
        const auto piece = static_cast<uint32_t>(least + numbers_.below(longest - least + 1));
        pieces[count++] = piece * unit;
        left -= piece;
    }
    return count;
}

} // namespace keel::blk::check
