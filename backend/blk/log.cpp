// SPDX-License-Identifier: Apache-2.0
#include "backend/blk/log.hpp"

#include <algorithm>
#include <new>

namespace paravane::blk {

namespace {

// Written by processes that die at any instruction, and read by others.
static_assert(std::atomic<uint64_t>::is_always_lock_free);
static_assert(std::atomic<EntryState>::is_always_lock_free);
static_assert(sizeof(Header) <= PV_PAGE_SIZE);

constexpr uint64_t queues_at = PV_PAGE_SIZE;

constexpr uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE * PV_PAGE_SIZE;
}

constexpr uint64_t entries_at(uint32_t queues)
{
    return queues_at + whole_pages(queues * sizeof(QueueLog));
}

constexpr uint64_t tables_at(uint32_t queues, uint32_t depth)
{
    return entries_at(queues) + whole_pages(uint64_t{queues} * depth * sizeof(Entry));
}

bool in_limits(uint32_t queues, uint32_t depth)
{
    return queues > 0 && queues <= PV_BLK_QUEUES_LIMIT && pv_is_power_of_two(depth) &&
           depth >= PV_RING_SLOTS_MIN && depth <= PV_RING_SLOTS_MAX;
}

} // namespace

const char *name_of(Refusal refusal)
{
    static constexpr std::array<const char *, refusals> names = {
        "flags that the operation does not have",
        "reserved bytes of a request",
        "a sector where there is to be none",
        "a change to a disk that is read-only",
        "memory that the operation does not have",
        "a table of no, of a part of or of more segments than there may be",
        "a table of segments that is not granted",
        "reserved bytes of a segment",
        "a segment of no or not of whole sectors",
        "more sectors than a request may have",
        "a beginning that is at no sector of the disk",
        "sectors past the last number",
        "sectors past the end of the disk",
        "a segment that is not granted",
        "a segment or a table in a ring",
    };
    return names.at(static_cast<std::size_t>(refusal));
}

std::span<const pv_segment> segments_of(const pv_blk_request &request, const Table &table)
{
    constexpr uint32_t with_memory = 1U << PV_BLK_READ | 1U << PV_BLK_WRITE | 1U << PV_BLK_IDENTIFY;

    if ((request.head.flags & PV_BLK_FLAG_INDIRECT) != 0) {
        const std::size_t count = pv_le32_get(request.data.length) / sizeof(pv_segment);
        return std::span(table).first(std::min(count, table.size()));
    }
    const bool has = request.head.operation < PV_BLK_OPERATIONS &&
                     (with_memory >> request.head.operation & 1) != 0;
    return {&request.data, has ? std::size_t{1} : std::size_t{0}};
}

uint64_t Log::bytes(uint32_t queues, uint32_t depth)
{
    return tables_at(queues, depth) + uint64_t{queues} * depth * sizeof(Table);
}

Log::Log(HostMemory memory, uint32_t queues, uint32_t depth)
    : memory_(std::move(memory)), queues_(queues), depth_(depth),
      queue_logs_(at<QueueLog>(queues_at)), entries_(at<Entry>(entries_at(queues))),
      tables_(at<Table>(tables_at(queues, depth)))
{
}

Result<Log> Log::create(uint32_t queues, uint32_t depth)
{
    if (!in_limits(queues, depth))
        return Problem{"a log of " + std::to_string(queues) + " queues of " +
                       std::to_string(depth) + " requests"};
    Result<HostMemory> memory = HostMemory::create(bytes(queues, depth));
    if (!memory)
        return Problem{"a log: " + memory.error().text};
    // The rest begins as zeroes, which mean nothing in flight.
    ::new (memory->data()) Header();
    Log log(std::move(*memory), queues, depth);
    log.header().queues = queues;
    log.header().depth = depth;
    return log;
}

Result<Log> Log::adopt(UniqueFd memory)
{
    Result<HostMemory> mapped = HostMemory::adopt(std::move(memory));

    if (!mapped)
        return Problem{"a log: " + mapped.error().text};
    if (mapped->size() < PV_PAGE_SIZE)
        return Problem{"a log: it is too small"};
    const auto *const header = reinterpret_cast<const Header *>(mapped->data());
    const uint32_t queues = header->queues;
    const uint32_t depth = header->depth;
    if (!in_limits(queues, depth) || mapped->size() != bytes(queues, depth))
        return Problem{"a log: it is not of the size of its queues"};
    return Log(std::move(*mapped), queues, depth);
}

} // namespace paravane::blk
