// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/check/sector.hpp"

#include <algorithm>

namespace keel::blk::check {

namespace {

constexpr uint64_t magic = UINT64_C(0x7473696877656b21);
constexpr uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
constexpr std::size_t head_words = 4;

uint64_t checksum(const SectorWords &words)
{
    uint64_t sum = magic;

    for (std::size_t i = 0; i + 1 < words.size(); i++) {
        sum = (sum ^ words[i]) * step;
        sum ^= sum >> 32;
    }
    return sum;
}

} // namespace

void fill(SectorWords &words, const Stamp &stamp)
{
    // Different in all words for each write, so that a mixture of two has no right checksum.
    uint64_t word = (stamp.run ^ stamp.sector * step) + stamp.generation * (step << 20 | 1);

    words[0] = magic;
    words[1] = stamp.run;
    words[2] = stamp.sector;
    words[3] = stamp.generation;
    for (std::size_t i = head_words; i + 1 < words.size(); i++)
        words[i] = word += step;
    words.back() = checksum(words);
}

Content content_of(const SectorWords &words)
{
    if (words[0] == magic && words[3] <= UINT32_MAX && words.back() == checksum(words))
        return {Content::Kind::stamped, {words[1], words[2], static_cast<uint32_t>(words[3])}};
    if (std::all_of(words.begin(), words.end(), [](uint64_t word) { return word == 0; }))
        return {Content::Kind::zero, {}};
    return {};
}

} // namespace keel::blk::check
