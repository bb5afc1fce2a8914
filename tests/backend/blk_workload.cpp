// SPDX-License-Identifier: Apache-2.0
#include "blk_workload.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <poll.h>

#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

namespace {

constexpr uint64_t too_long = 20000000000; // ns
constexpr int wake_up = 3000;              // ms
constexpr uint32_t pieces_max = 8;

// The data, and a page for a table.
uint64_t slot_bytes(const BlkLoad &load)
{
    return (uint64_t{load.sectors_max} * PV_BLK_SECTOR + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE *
               PV_PAGE_SIZE +
           PV_PAGE_SIZE;
}

} // namespace

uint64_t data_bytes_of(const BlkLoad &load, uint32_t queues, uint32_t depth)
{
    return slot_bytes(load) * queues * depth;
}

BlkWorkload::BlkWorkload(BlkGuest &guest, const BlkLoad &load)
    : guest_(guest), load_(load), oracle_(load.sectors), random_(load.seed),
      flights_(std::size_t{guest.shape().queues} * guest.shape().depth), thread_([this] { run(); })
{
}

uint64_t BlkWorkload::slot_at(uint32_t queue, uint16_t id) const
{
    return (uint64_t{queue} * guest_.shape().depth + id) * slot_bytes(load_);
}

bool BlkWorkload::finish(int milliseconds)
{
    const uint64_t until = clock_now() + static_cast<uint64_t>(milliseconds) * 1000000;

    asking_ = false;
    while (answered != asked && !refused && !hung && clock_now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return answered == asked;
}

void BlkWorkload::stop()
{
    stopping_ = true;
    for (uint32_t queue = 0; queue < guest_.shape().queues; queue++)
        (void)eventfd_write(guest_.queue(queue).port.event.get(), 1);
    if (thread_.joinable())
        thread_.join();
}

uint64_t BlkWorkload::wrong_at_the_end(std::span<const std::byte> disk)
{
    return oracle_.end_look(oracle_.begin_look(0, static_cast<uint32_t>(load_.sectors)), disk);
}

void BlkWorkload::run()
{
    while (!stopping_ && !refused && !hung) {
        if (!turn())
            sleep();
        refused = guest_.refused();
        looked_at = oracle_.looked_at();
    }
}

bool BlkWorkload::turn()
{
    bool moved = false;

    for (uint32_t queue = 0; queue < guest_.shape().queues; queue++) {
        for (uint64_t count = random_() % 8; count > 0 && asking_ && ask(queue); count--)
            moved = true;
        guest_.publish(queue);
        for (const BlkAnswer &one : guest_.take(queue)) {
            answer(queue, one);
            moved = true;
        }
    }
    return moved;
}

void BlkWorkload::sleep()
{
    std::vector<pollfd> events;

    for (uint32_t queue = 0; queue < guest_.shape().queues; queue++) {
        if (!pv_consumer_arm(&guest_.queue(queue).ring.responses, 1))
            return;
        events.push_back({guest_.queue(queue).port.event.get(), POLLIN, 0});
    }
    // With room for more requests it has no reason to sleep.
    const bool busy = asking_ && std::ranges::any_of(flights_, [](const Flight &flight) {
                          return flight.what == What::nothing;
                      });
    const int ready = poll(events.data(), events.size(), busy ? 1 : wake_up);
    for (const pollfd &event : events) {
        eventfd_t count = 0;
        if ((event.revents & POLLIN) != 0)
            (void)eventfd_read(event.fd, &count);
    }
    if (ready == 0 && !busy) {
        for (uint32_t queue = 0; queue < guest_.shape().queues; queue++) {
            for (const BlkAnswer &one : guest_.take(queue)) {
                answer(queue, one);
                unwoken++;
            }
        }
    }
    look_for_the_hung();
}

void BlkWorkload::look_for_the_hung()
{
    const uint64_t now = clock_now();

    hung = hung || std::ranges::any_of(flights_, [now](const Flight &flight) {
               return flight.what != What::nothing && now - flight.asked > too_long;
           });
}

bool BlkWorkload::ask(uint32_t queue)
{
    pv_frontend_queue &ring = guest_.queue(queue).ring;

    if (ring.ids.pending == ring.ids.depth)
        return false;
    // Which id it gets follows from the ring; its slot has to be filled before.
    const uint32_t id = pv_ids_acquire(&ring.ids);
    pv_ids_clear(&ring.ids, id);
    Flight &flight = flight_of(queue, static_cast<uint16_t>(id));
    const pv_blk_request request = make(queue, slot_at(queue, static_cast<uint16_t>(id)), flight);
    if (guest_.put(request, queue) != id) {
        refused = true;
        return false;
    }
    flight.asked = clock_now();
    asked++;
    return true;
}

// Where the data of a request's sector lies: segments lie the other way round.
uint64_t BlkWorkload::place_of(const Flight &flight, uint64_t slot, uint32_t sectors,
                               uint32_t which) const
{
    if (flight.piece == 0)
        return slot + uint64_t{which} * PV_BLK_SECTOR;
    const uint32_t pieces = sectors / flight.piece;
    const uint32_t piece = pieces - 1 - which / flight.piece;
    return slot + (uint64_t{piece} * flight.piece + which % flight.piece) * PV_BLK_SECTOR;
}

void BlkWorkload::lay_out(pv_blk_request &request, uint64_t slot, uint32_t sectors, Flight &flight)
{
    const uint32_t pieces = static_cast<uint32_t>(1 + random_() % pieces_max);

    flight.piece = 0;
    if (pieces == 1 || sectors % (pieces * load_.unit) != 0) {
        request.data = segment_of({slot, sectors * PV_BLK_SECTOR});
        return;
    }
    flight.piece = sectors / pieces;
    std::array<pv_segment, pieces_max> table{};
    for (uint32_t i = 0; i < pieces; i++)
        table.at(i) = segment_of(
            {place_of(flight, slot, sectors, i * flight.piece), flight.piece * PV_BLK_SECTOR});
    const uint64_t table_at = slot + slot_bytes(load_) - PV_PAGE_SIZE;
    const auto bytes = static_cast<uint32_t>(pieces * sizeof(pv_segment));
    pv_shared_copy_in(guest_.data(table_at), table.data(), bytes);
    request.head.flags = static_cast<uint8_t>(request.head.flags | PV_BLK_FLAG_INDIRECT);
    request.data = segment_of({table_at, bytes});
}

void BlkWorkload::begin_change(BlkOracle::Kind kind, uint32_t queue, const pv_blk_request &request,
                               Flight &flight)
{
    flight.change = oracle_.begin_change(kind, queue, pv_le64_get(request.sector),
                                         pv_le32_get(request.data.length) / PV_BLK_SECTOR);
    if (load_.witness != nullptr)
        load_.witness->change_begins(flight.change, kind, queue,
                                     (request.head.flags & PV_BLK_FLAG_FUA) != 0);
}

pv_blk_request BlkWorkload::make(uint32_t queue, uint64_t slot, Flight &flight)
{
    const uint64_t dice = random_() % 100;
    const uint64_t area = random_() % 2 == 0 ? load_.hot : load_.sectors;
    const uint32_t unit = load_.unit;
    const auto sectors = static_cast<uint32_t>(unit * (1 + random_() % (load_.sectors_max / unit)));
    const uint64_t sector = random_() % ((area - sectors) / unit + 1) * unit;
    pv_blk_request request = request_of(PV_BLK_FLUSH);

    if (dice < 5) {
        flight.what = What::flush;
        flight.flush = load_.witness != nullptr ? load_.witness->flush_begins() : 0;
        return request;
    }
    request.sector = pv_le64_of(sector);
    request.data.length = pv_le32_of(sectors * PV_BLK_SECTOR);
    if (dice < 45) {
        request.head.operation = PV_BLK_READ;
        flight.what = What::read;
        flight.look = oracle_.begin_look(sector, sectors);
        lay_out(request, slot, sectors, flight);
        return request;
    }
    flight.what = What::change;
    if (dice < 52) {
        const bool discard = dice < 47 && load_.discards;
        request.head.operation = discard ? PV_BLK_DISCARD : PV_BLK_WRITE_ZEROES;
        begin_change(discard ? BlkOracle::Kind::anything : BlkOracle::Kind::zero, queue, request,
                     flight);
        return request;
    }
    request.head.operation = PV_BLK_WRITE;
    if (dice < 60 && (load_.witness == nullptr || load_.witness->allows_durable(sector, sectors)))
        request.head.flags = PV_BLK_FLAG_FUA;
    begin_change(BlkOracle::Kind::data, queue, request, flight);
    lay_out(request, slot, sectors, flight);
    for (uint32_t i = 0; i < sectors; i++)
        guest_.put_data(place_of(flight, slot, sectors, i),
                        sector_of(sector + i, flight.change.generation));
    return request;
}

void BlkWorkload::answer(uint32_t queue, const BlkAnswer &one)
{
    Flight &flight = flight_of(queue, one.id);

    failed += one.status != 0 ? 1 : 0;
    answered++;
    switch (flight.what) {
    case What::read: {
        const auto sectors = static_cast<uint32_t>(flight.look.sectors.size());
        std::vector<std::byte> content;
        for (uint32_t i = 0; i < sectors; i++) {
            const auto part = guest_.get_data(place_of(flight, slot_at(queue, one.id), sectors, i),
                                              PV_BLK_SECTOR);
            content.insert(content.end(), part.begin(), part.end());
        }
        wrong += oracle_.end_look(flight.look, content);
        break;
    }
    case What::change:
        oracle_.end_change(flight.change);
        if (load_.witness != nullptr)
            load_.witness->change_answered(flight.change);
        changes++;
        break;
    case What::flush:
        if (load_.witness != nullptr)
            load_.witness->flush_answered(flight.flush);
        flushes++;
        break;
    case What::nothing:
        break;
    }
    flight.what = What::nothing;
}

} // namespace paravane::backend_test
