// SPDX-License-Identifier: Apache-2.0
#include "blk_guest.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

namespace {

constexpr int32_t no_answer = 1;

uint64_t ring_bytes(uint32_t depth, std::size_t slot)
{
    const uint64_t bytes = pv_ring_bytes({depth, static_cast<uint32_t>(slot)});
    return (bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE * PV_PAGE_SIZE;
}

uint64_t queue_bytes(uint32_t depth)
{
    return ring_bytes(depth, sizeof(pv_blk_request)) + ring_bytes(depth, sizeof(pv_blk_response));
}

// A page that nobody uses, the rings, a page for a table, the data.
uint64_t data_place(const BlkShape &shape)
{
    return PV_PAGE_SIZE + shape.queues * queue_bytes(shape.depth) + PV_PAGE_SIZE;
}

} // namespace

pv_segment segment_of(const Piece &piece)
{
    return {pv_le32_of(piece.grant), pv_le32_of(static_cast<uint32_t>(piece.at)),
            pv_le32_of(piece.bytes), pv_le32_of(0)};
}

pv_blk_request request_of(pv_blk_operation operation, uint64_t sector, const Piece &piece)
{
    pv_blk_request request = {};

    request.head.operation = static_cast<uint8_t>(operation);
    request.sector = pv_le64_of(sector);
    request.data = segment_of(piece);
    return request;
}

pv_blk_request clear_of(pv_blk_operation operation, uint64_t sector, uint32_t sectors)
{
    return request_of(operation, sector, {0, sectors * PV_BLK_SECTOR, 0});
}

pv_blk_request read_of(uint64_t sector, uint32_t sectors, uint64_t at)
{
    return request_of(PV_BLK_READ, sector, {at, sectors * PV_BLK_SECTOR});
}

pv_blk_request write_of(uint64_t sector, uint32_t sectors, uint64_t at)
{
    return request_of(PV_BLK_WRITE, sector, {at, sectors * PV_BLK_SECTOR, read_only_grant});
}

BlkGuest::BlkGuest(const BlkShape &shape)
    : FakeDomain(data_place(shape) + shape.data_bytes), data_at(data_place(shape)), shape_(shape),
      queues_(shape.queues)
{
    const uint64_t requests = ring_bytes(shape.depth, sizeof(pv_blk_request));
    const uint64_t responses = ring_bytes(shape.depth, sizeof(pv_blk_response));
    uint64_t at = PV_PAGE_SIZE;
    uint32_t grant = 1;

    for (Queue &queue : queues_) {
        queue.requests_at = at;
        queue.responses_at = at + requests;
        at += requests + responses;
        allow_bytes(grant++, true, queue.requests_at, requests);
        allow_bytes(grant++, true, queue.responses_at, responses);
        // As an earlier process left them.
        pv_shared_store_relaxed(arena.at(queue.requests_at + offsetof(pv_ring_control, consumer)),
                                shape.index);
        pv_shared_store_relaxed(arena.at(queue.responses_at + offsetof(pv_ring_control, producer)),
                                shape.index);
        EXPECT_EQ(pv_producer_attach(&queue.ring.requests, arena.at(queue.requests_at), requests,
                                     {shape.depth, sizeof(pv_blk_request)}, shape.index,
                                     &violations),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_consumer_attach(&queue.ring.responses, arena.at(queue.responses_at), responses,
                                     {shape.depth, sizeof(pv_blk_response)}, shape.index,
                                     &violations),
                  PV_RULE_KEPT);
        EXPECT_EQ(pv_frontend_queue_init(&queue.ring, shape.depth), PV_RULE_KEPT);
    }
    allow_bytes(data_grant, true, data_at, shape.data_bytes);
    allow_bytes(read_only_grant, false, data_at, shape.data_bytes);
    allow_bytes(table_grant, false, table_at(), PV_PAGE_SIZE);
}

std::vector<const FakePort *> BlkGuest::ports() const
{
    std::vector<const FakePort *> ports;
    for (const Queue &queue : queues_)
        ports.push_back(&queue.port);
    return ports;
}

std::vector<RingPlace> BlkGuest::rings() const
{
    std::vector<RingPlace> rings;
    for (uint32_t ring = 0; ring < 2 * shape_.queues; ring++)
        rings.push_back({1 + ring, 0, shape_.depth});
    return rings;
}

pv_shared BlkGuest::word(uint32_t ring, std::size_t offset) const
{
    const Queue &queue = queues_[ring / 2];
    return arena.at((ring % 2 == 0 ? queue.requests_at : queue.responses_at) + offset);
}

void BlkGuest::fill(uint64_t at, uint64_t bytes, unsigned char value) const
{
    put_data(at, std::vector<std::byte>(bytes, static_cast<std::byte>(value)));
}

void BlkGuest::put_data(uint64_t at, std::span<const std::byte> bytes) const
{
    pv_shared_copy_in(data(at), bytes.data(), static_cast<uint32_t>(bytes.size()));
}

std::vector<std::byte> BlkGuest::get_data(uint64_t at, std::size_t bytes) const
{
    std::vector<std::byte> got(bytes);
    pv_shared_copy_out(got.data(), data(at), static_cast<uint32_t>(bytes));
    return got;
}

bool BlkGuest::holds(uint64_t at, uint64_t bytes, unsigned char value) const
{
    return std::ranges::all_of(get_data(at, bytes), [value](std::byte byte) {
        return byte == static_cast<std::byte>(value);
    });
}

pv_blk_request BlkGuest::indirect(pv_blk_request request, std::span<const Piece> pieces) const
{
    std::vector<pv_segment> segments;
    for (const Piece &piece : pieces)
        segments.push_back(segment_of(piece));
    const auto bytes = static_cast<uint32_t>(segments.size() * sizeof(pv_segment));
    pv_shared_copy_in(arena.at(table_at()), segments.data(), std::min(bytes, PV_PAGE_SIZE));
    request.head.flags = static_cast<uint8_t>(request.head.flags | PV_BLK_FLAG_INDIRECT);
    request.data = segment_of({0, bytes, table_grant});
    return request;
}

std::optional<uint16_t> BlkGuest::put(const pv_blk_request &request, uint32_t queue)
{
    pv_blk_request copy = request;
    const uint32_t id = pv_frontend_queue_put(&queues_[queue].ring, &copy.head, sizeof(copy));

    return id == PV_ID_NONE ? std::nullopt : std::optional(static_cast<uint16_t>(id));
}

void BlkGuest::publish(uint32_t queue)
{
    if (pv_producer_publish(&queues_[queue].ring.requests))
        queues_[queue].port.ring();
}

std::vector<BlkAnswer> BlkGuest::take(uint32_t queue)
{
    std::vector<BlkAnswer> answers;
    pv_blk_response response = {};
    pv_frontend_queue &ring = queues_[queue].ring;

    while (pv_frontend_queue_take(&ring, &response.head, sizeof(response)))
        answers.push_back({pv_le16_get(response.head.id),
                           static_cast<int32_t>(pv_le32_get(response.head.status))});
    if (pv_consumer_release(&ring.responses))
        queues_[queue].port.ring();
    return answers;
}

bool BlkGuest::await(uint32_t queue, int milliseconds)
{
    const uint64_t until = clock_now() + static_cast<uint64_t>(milliseconds) * 1000000;

    while (pv_consumer_arm(&queues_[queue].ring.responses, 1)) {
        const uint64_t now = clock_now();
        if (now >= until)
            return false;
        (void)queues_[queue].port.await_event(static_cast<int>((until - now) / 1000000) + 1);
    }
    return !refused();
}

int32_t BlkGuest::ask(const pv_blk_request &request, uint32_t queue)
{
    const std::optional<uint16_t> id = put(request, queue);

    publish(queue);
    if (!id || !await(queue))
        return no_answer;
    const std::vector<BlkAnswer> answers = take(queue);
    return answers.size() == 1 && answers[0].id == *id ? answers[0].status : no_answer;
}

bool BlkGuest::refused() const
{
    return std::ranges::any_of(queues_, [](const Queue &queue) {
        return pv_producer_refused(&queue.ring.requests) != PV_RULE_KEPT ||
               pv_consumer_refused(&queue.ring.responses) != PV_RULE_KEPT;
    });
}

} // namespace paravane::backend_test
