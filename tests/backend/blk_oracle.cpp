// SPDX-License-Identifier: Apache-2.0
#include "blk_oracle.hpp"

#include <algorithm>
#include <cstring>

namespace paravane::backend_test {

namespace {

constexpr std::size_t words = PV_BLK_SECTOR / sizeof(uint64_t);

uint64_t mixed(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    return value ^ (value >> 27);
}

// What the sector says it is; it is that if sector_of() agrees.
uint64_t generation_in(std::span<const std::byte> content)
{
    uint64_t generation = 0;
    std::memcpy(&generation, content.data() + sizeof(uint64_t), sizeof(generation));
    return generation;
}

} // namespace

Sector sector_of(uint64_t sector, uint64_t generation)
{
    std::array<uint64_t, words> content{};
    Sector bytes;

    content[0] = sector;
    content[1] = generation;
    for (std::size_t i = 2; i < words; i++)
        content.at(i) = mixed(sector + mixed(generation + i));
    std::memcpy(bytes.data(), content.data(), bytes.size());
    return bytes;
}

BlkOracle::Change BlkOracle::begin_change(Kind kind, uint32_t queue, uint64_t sector,
                                          uint32_t sectors)
{
    const uint64_t generation = ++clock_;

    for (uint64_t at = sector; at < sector + sectors; at++) {
        History &history = sectors_.at(at);
        history.writes.push_back({generation, never, queue, kind});
        history.newest.at(static_cast<std::size_t>(kind)) = generation;
    }
    return {generation, sector, sectors};
}

void BlkOracle::end_change(const Change &change)
{
    const uint64_t now = ++clock_;

    for (uint64_t at = change.sector; at < change.sector + change.sectors; at++) {
        std::vector<Write> &writes = sectors_.at(at).writes;
        const auto self = std::ranges::find(writes, change.generation, &Write::generation);
        // A later one of its queue may have been answered before.
        if (self == writes.end())
            continue;
        self->ended = now;
        const Write ended = *self;
        std::erase_if(writes, [&ended](const Write &write) {
            return write.ended < ended.generation ||
                   (write.queue == ended.queue && write.generation < ended.generation);
        });
    }
}

BlkOracle::Look BlkOracle::begin_look(uint64_t sector, uint32_t sectors) const
{
    Look look = {clock_, sector, std::vector<Look::MayBe>(sectors)};

    for (uint32_t i = 0; i < sectors; i++) {
        Look::MayBe &may_be = look.sectors[i];
        for (const Write &write : sectors_.at(sector + i).writes) {
            if (write.kind == Kind::data)
                may_be.generations.push_back(write.generation);
            may_be.zero = may_be.zero || write.kind == Kind::zero;
            may_be.anything = may_be.anything || write.kind == Kind::anything;
            may_be.torn = may_be.torn || write.ended == never;
        }
    }
    return look;
}

bool BlkOracle::may_be(const History &history, const Look::MayBe &sector, uint64_t began,
                       uint64_t number, std::span<const std::byte> content)
{
    const auto since = [&](Kind kind) {
        return history.newest.at(static_cast<std::size_t>(kind)) > began;
    };

    if (sector.anything || since(Kind::anything))
        return true;
    if (std::ranges::all_of(content, [](std::byte byte) { return byte == std::byte{0}; }))
        return sector.zero || since(Kind::zero);
    const uint64_t generation = generation_in(content);
    if (!std::ranges::equal(content, sector_of(number, generation)))
        return sector.torn || since(Kind::data) || since(Kind::zero);
    return generation > began ||
           std::ranges::find(sector.generations, generation) != sector.generations.end();
}

uint64_t BlkOracle::end_look(const Look &look, std::span<const std::byte> content)
{
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < look.sectors.size(); i++) {
        const uint64_t number = look.sector + i;
        const auto part = content.subspan(i * PV_BLK_SECTOR, PV_BLK_SECTOR);
        if (!may_be(sectors_.at(number), look.sectors[i], look.began, number, part))
            wrong++;
    }
    looked_at_ += look.sectors.size();
    return wrong;
}

} // namespace paravane::backend_test
