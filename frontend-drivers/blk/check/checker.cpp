// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/check/checker.hpp"

#include <algorithm>

namespace keel::blk::check {

namespace {

// For what is in flight when the program is to end.
constexpr uint64_t patience_at_end = 20 * clock::second;
// One in so many requests that fit lie in one large piece.
constexpr uint32_t large_one_in = 4;
// Of requests when all is read back.
constexpr uint32_t back_sectors = 256;

bool is_change(pv_blk_operation operation)
{
    return operation == PV_BLK_WRITE || operation == PV_BLK_WRITE_ZEROES ||
           operation == PV_BLK_DISCARD;
}

Change change_of(pv_blk_operation operation)
{
    if (operation == PV_BLK_WRITE)
        return Change::write;
    return operation == PV_BLK_WRITE_ZEROES ? Change::zero : Change::discard;
}

bool has_data(pv_blk_operation operation)
{
    return operation == PV_BLK_READ || operation == PV_BLK_WRITE;
}

} // namespace

void Counts::add(const Counts &other)
{
    if (errors == 0)
        first_error = other.first_error;
    for (const auto count :
         {&Counts::requests, &Counts::reads, &Counts::writes, &Counts::flushes, &Counts::zeroes,
          &Counts::discards, &Counts::indirect, &Counts::sectors, &Counts::mixed, &Counts::errors})
        this->*count += other.*count;
}

Checker::Checker(const Task &task)
    : task_(task), traffic_(task.region, task.operations, task.seed),
      expectations_(task.region.first, task.region.sectors, task.run, task.order, task.depth),
      pool_(task.pages), slots_(std::make_unique<std::unique_ptr<Slot>[]>(task.depth)),
      free_(std::make_unique<uint32_t[]>(task.depth)), free_count_(task.depth)
{
    for (uint32_t number = 0; number < task.depth; number++) {
        slots_[number] = std::make_unique<Slot>();
        free_[number] = number;
    }
}

void Checker::run(Channel &channel, Attendant &attendant)
{
    work(channel, attendant);
    if (!drain(channel, attendant) || is_wrong(wrong_.verdict))
        return;
    read_back(channel, attendant);
    complete_ = drain(channel, attendant) && !is_wrong(wrong_.verdict);
}

void Checker::work(Channel &channel, Attendant &attendant)
{
    Step step = traffic_.next();

    while (!is_wrong(wrong_.verdict) && !attendant.stopped() &&
           (task_.rounds == 0 || counts_.requests < task_.rounds)) {
        while ((task_.rounds == 0 || counts_.requests < task_.rounds) && put(channel, step))
            step = traffic_.next();
        channel.kick();
        poll(channel, attendant);
    }
}

void Checker::read_back(Channel &channel, Attendant &attendant)
{
    const Region &region = task_.region;
    const uint64_t end = region.first + region.sectors;
    const uint64_t deadline = clock::now() + patience_at_end;

    if ((task_.operations & 1U << PV_BLK_FLUSH) != 0) {
        while (!put(channel, {PV_BLK_FLUSH, false, 0, 0}))
            poll(channel, attendant);
    }
    for (uint64_t sector = region.first; sector < end && !is_wrong(wrong_.verdict);) {
        const auto sectors = static_cast<uint32_t>(std::min<uint64_t>(back_sectors, end - sector));

        if (put(channel, {PV_BLK_READ, false, sector, sectors})) {
            sector += sectors;
            continue;
        }
        channel.kick();
        poll(channel, attendant);
        if (attendant.stopped() && clock::now() > deadline)
            return;
    }
}

bool Checker::drain(Channel &channel, Attendant &attendant)
{
    const uint64_t deadline = clock::now() + patience_at_end;

    channel.kick();
    while (free_count_ < task_.depth) {
        poll(channel, attendant);
        // As long as nobody wants it to end it waits for a backend that is away.
        if (attendant.stopped() && clock::now() > deadline)
            return false;
    }
    return true;
}

void Checker::poll(Channel &channel, Attendant &attendant)
{
    attendant.polled(channel.poll(
        [this](uint64_t tag, int32_t status) { answered(static_cast<uint32_t>(tag), status); }));
}

bool Checker::put(Channel &channel, const Step &step)
{
    if (free_count_ == 0)
        return false;
    const uint32_t number = free_[free_count_ - 1];
    Slot &slot = *slots_[number];
    Queue &queue = channel.queue();

    slot.step = step;
    slot.step.fua = step.fua && task_.fua;
    slot.segments = 0;
    slot.large = Pool::none;
    // Its generation and its data are to be the newest when it is put, so there must be room.
    if (queue.in_flight() >= queue.depth() || (has_data(step.operation) && !place(slot)))
        return false;
    if (is_change(step.operation))
        slot.generation = expectations_.begin(change_of(step.operation), step.sector, step.sectors);
    if (step.operation == PV_BLK_FLUSH)
        slot.generation = expectations_.settled();
    if (step.operation == PV_BLK_WRITE)
        stamp(slot);
    if (step.operation == PV_BLK_READ)
        expectations_.note(step.sector, std::span(slot.answered).first(step.sectors));
    if (!channel.put({step.operation, slot.step.fua, step.sector, step.sectors,
                      std::span<const Segment>(slot.segment).first(slot.segments)},
                     number)) {
        if (is_change(step.operation))
            expectations_.end(slot.generation, false);
        give_back(slot);
        return false;
    }
    free_count_--;
    counts_.requests++;
    counts_.indirect += slot.segments > 1 ? 1 : 0;
    return true;
}

bool Checker::place(Slot &slot)
{
    RandomNumbers &numbers = traffic_.numbers();
    const uint32_t sectors = slot.step.sectors;
    const uint32_t pages = (sectors + Pool::page_sectors - 1) / Pool::page_sectors;
    const bool in_pages = task_.indirect || pages == 1; // else there is no table to name them

    if (!in_pages || numbers.below(large_one_in) == 0) {
        slot.large = pool_.take_large();
        if (slot.large != Pool::none) {
            place_large(slot);
            return true;
        }
    }
    if (!in_pages || pages > pool_.free_pages())
        return false;
    const std::size_t most = task_.indirect ? PV_BLK_SEGMENTS_MAX : 1;
    place_pages(slot, std::min<std::size_t>(most, pool_.free_pages()));
    return true;
}

// In one piece, or with a table in two that touch.
void Checker::place_large(Slot &slot)
{
    RandomNumbers &numbers = traffic_.numbers();
    std::array<uint32_t, 2> pieces{};
    const uint32_t sectors = slot.step.sectors;
    const auto offset =
        static_cast<uint32_t>(numbers.below(Pool::large_sectors - sectors + 1)) * PV_BLK_SECTOR;
    uint32_t at = offset;

    slot.segments =
        traffic_.divide(sectors, sectors, std::span(pieces).first(task_.indirect ? 2 : 1));
    for (std::size_t i = 0; i < slot.segments; i++) {
        const uint32_t bytes = pieces[i] * PV_BLK_SECTOR;
        slot.segment[i] = pool_.large().segment(slot.large, at, bytes);
        slot.place[i] = pv_shared_at(pool_.large().at(slot.large), at);
        at += bytes;
    }
}

void Checker::place_pages(Slot &slot, std::size_t most)
{
    RandomNumbers &numbers = traffic_.numbers();
    std::array<uint32_t, PV_BLK_SEGMENTS_MAX> pieces{};

    slot.segments =
        traffic_.divide(slot.step.sectors, Pool::page_sectors, std::span(pieces).first(most));
    for (std::size_t i = 0; i < slot.segments; i++) {
        const uint32_t page = pool_.take();
        const auto offset =
            static_cast<uint32_t>(numbers.below(Pool::page_sectors - pieces[i] + 1)) *
            PV_BLK_SECTOR;
        slot.page[i] = page;
        slot.segment[i] = pool_.segment(page, offset, pieces[i] * PV_BLK_SECTOR);
        slot.place[i] = pv_shared_at(pool_.at(page), offset);
    }
}

void Checker::give_back(Slot &slot)
{
    if (slot.large != Pool::none)
        pool_.give_large(slot.large);
    for (std::size_t i = 0; slot.large == Pool::none && i < slot.segments; i++)
        pool_.give(slot.page[i]);
}

template <class Function> void Checker::each_sector(const Slot &slot, const Function &function)
{
    uint32_t number = 0;

    for (std::size_t i = 0; i < slot.segments; i++) {
        for (uint32_t at = 0; at < slot.segment[i].length; at += PV_BLK_SECTOR)
            function(number++, pv_shared_at(slot.place[i], at));
    }
}

void Checker::stamp(const Slot &slot)
{
    each_sector(slot, [&](uint32_t number, pv_shared at) {
        SectorWords words;

        fill(words, {task_.run, slot.step.sector + number, slot.generation});
        pv_shared_copy_in(at, words.data(), sizeof(words));
    });
}

void Checker::answered(uint32_t number, int32_t status)
{
    Slot &slot = *slots_[number];

    if (status != 0 && counts_.errors++ == 0)
        counts_.first_error = status;
    if (is_change(slot.step.operation))
        expectations_.end(slot.generation, status == 0);
    if (task_.tell != nullptr && status == 0 &&
        (slot.step.operation == PV_BLK_FLUSH || slot.step.fua))
        task_.tell(task_.region, slot.step.fua ? Lasting::one : Lasting::until, slot.generation);
    switch (slot.step.operation) {
    case PV_BLK_READ:
        counts_.reads++;
        if (status == 0)
            verify(slot);
        break;
    case PV_BLK_WRITE:
        counts_.writes++;
        break;
    case PV_BLK_FLUSH:
        counts_.flushes++;
        break;
    case PV_BLK_DISCARD:
        counts_.discards++;
        break;
    default:
        counts_.zeroes++;
        break;
    }
    give_back(slot);
    free_[free_count_++] = number;
}

void Checker::verify(const Slot &slot)
{
    each_sector(slot, [&](uint32_t number, pv_shared at) {
        SectorWords words;

        pv_shared_copy_out(words.data(), at, sizeof(words));
        const Content content = content_of(words);
        const uint64_t sector = slot.step.sector + number;
        const Verdict verdict = expectations_.look(sector, slot.answered[number], content);
        counts_.sectors++;
        counts_.mixed += verdict == Verdict::mixed ? 1 : 0;
        if (is_wrong(verdict) && !is_wrong(wrong_.verdict))
            wrong_ = {verdict, sector, slot.answered[number], content};
    });
}

} // namespace keel::blk::check
