// SPDX-License-Identifier: Apache-2.0
#include "replay.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace paravane::nested {

namespace {

using backend_test::sector_of;

constexpr uint64_t lines_max = 5;
const std::string end_of_log = "dm-log-writes-end"; // which the target itself marks

} // namespace

Replay::Replay(const Journal &journal, uint64_t sectors)
    : journal_(journal), sectors_(sectors), disk_(sectors * PV_BLK_SECTOR)
{
}

Result<void> Replay::add(const LogEntry &entry)
{
    counts_.prefixes++;
    if (entry.mark) {
        counts_.marks++;
        if (*entry.mark == end_of_log)
            return {};
        if (complete() || *entry.mark != std::to_string(next_))
            return Problem{"a mark \"" + *entry.mark + "\" where " + std::to_string(next_) +
                           " comes next"};
        happen(journal_.events()[next_++]);
        return {};
    }
    if (entry.discard || entry.sector > sectors_.size() ||
        entry.sectors > sectors_.size() - entry.sector)
        return Problem{"a write that nobody can have made"};
    counts_.flushes += entry.flush ? 1 : 0;
    if (entry.sectors > 0)
        write(entry);
    return {};
}

void Replay::write(const LogEntry &entry)
{
    counts_.writes++;
    counts_.durable += entry.fua ? 1 : 0;
    std::ranges::copy(entry.data,
                      disk_.begin() + static_cast<std::ptrdiff_t>(entry.sector * PV_BLK_SECTOR));
    for (uint64_t i = 0; i < entry.sectors; i++) {
        const auto content = std::span(entry.data).subspan(i * PV_BLK_SECTOR, PV_BLK_SECTOR);
        const uint64_t number = entry.sector + i;
        Sector &sector = sectors_[number];
        uint64_t generation = 0;

        std::memcpy(&generation, content.data() + sizeof(uint64_t), sizeof(generation));
        sector.change = journal_.change(generation);
        if (std::ranges::all_of(content, [](std::byte byte) { return byte == std::byte{0}; }))
            sector.holds = Sector::Holds::zeroes;
        else if (sector.change != nullptr && !sector.change->zeroes &&
                 number - sector.change->sector < sector.change->sectors &&
                 std::ranges::equal(content, sector_of(number, generation)))
            sector.holds = Sector::Holds::data;
        else
            sector.holds = Sector::Holds::foreign;
        compare(number);
    }
}

void Replay::happen(const Journal::Event &event)
{
    switch (event.kind) {
    case Journal::Event::Kind::zeroes_begin: {
        const Change &change = *journal_.change(event.which);
        for (uint64_t i = 0; i < change.sectors; i++)
            sectors_.at(change.sector + i).zeroes.push_back(&change);
        break;
    }
    case Journal::Event::Kind::durable_answered:
        counts_.acknowledged_durable++;
        make_durable(*journal_.change(event.which));
        break;
    case Journal::Event::Kind::flush_answered:
        counts_.acknowledged_flushes++;
        for (; flushed_ < journal_.answered().size(); flushed_++) {
            const Change &change = *journal_.change(journal_.answered()[flushed_]);
            if (change.answered > event.which)
                break;
            make_durable(change);
        }
        break;
    }
}

void Replay::make_durable(const Change &change)
{
    for (uint64_t number = change.sector; number < change.sector + change.sectors; number++) {
        Sector &sector = sectors_.at(number);
        uint64_t &of_queue = sector.durable_of.at(change.queue);

        sector.durable = std::max(sector.durable, change.begun);
        of_queue = std::max(of_queue, change.begun);
        std::erase_if(sector.zeroes,
                      [&](const Change *zeroes) { return is_over(sector, *zeroes); });
        compare(number);
    }
}

bool Replay::is_right(const Sector &sector)
{
    switch (sector.holds) {
    case Sector::Holds::data:
        return !is_over(sector, *sector.change);
    case Sector::Holds::zeroes:
        return sector.durable == 0 || !sector.zeroes.empty();
    case Sector::Holds::foreign:
        break;
    }
    return false;
}

void Replay::compare(uint64_t number)
{
    const Sector &sector = sectors_[number];

    counts_.compared++;
    if (is_right(sector) || counts_.wrong++ >= lines_max)
        return;
    const std::string holds = sector.holds == Sector::Holds::foreign ? "nothing of ours"
                              : sector.holds == Sector::Holds::zeroes
                                  ? "zeroes"
                                  : "a change of time " + std::to_string(sector.change->begun);
    wrong_ += "after entry " + std::to_string(counts_.prefixes) + " sector " +
              std::to_string(number) + " holds " + holds + "; durable is one of time " +
              std::to_string(sector.durable) + "\n";
}

} // namespace paravane::nested
