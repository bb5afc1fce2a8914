// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/drain.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

namespace paravane::blk {

namespace {

// What a kernel says of an operation that it did not come to because its process was dying. An error of the
// medium is none of these; it must be told from here, for a flush may be told of it only once.
constexpr std::array not_begun = {-ECANCELED, -EAGAIN, -EINTR, -EFAULT};

constexpr int32_t worst_status = -4095;

// Nothing: it is to be done again.
std::optional<int32_t> status_of(const pv_blk_request &request, const Table &table, int32_t result)
{
    if (result < worst_status)
        return std::nullopt;
    if (result < 0)
        return std::find(not_begun.begin(), not_begun.end(), result) == not_begun.end()
                   ? std::optional(result)
                   : std::nullopt;
    const uint8_t operation = request.head.operation;
    const bool moves = operation == PV_BLK_READ || operation == PV_BLK_WRITE;
    uint64_t whole = 0;
    if (moves)
        for (const pv_segment &segment : segments_of(request, table))
            whole += pv_le32_get(segment.length);
    if (static_cast<uint64_t>(result) != whole)
        return std::nullopt;
    return 0;
}

} // namespace

uint32_t settle(const Log &log, const KeptRing &ring)
{
    uint32_t settled = 0;

    for (const KeptRing::Completion &completion : ring.unreaped()) {
        const uint64_t number = completion.user_data >> 16;
        const auto id = static_cast<uint32_t>(completion.user_data & 0xffff);
        if (number >= log.queues() || id >= log.depth())
            continue;
        const auto queue = static_cast<uint32_t>(number);
        Entry &entry = log.entry(queue, id);
        const uint32_t taken = log.queue(queue).requests_taken.load(std::memory_order_acquire);
        if (entry.state.load(std::memory_order_acquire) != EntryState::taken ||
            is_not_taken(entry.request_index, taken))
            continue;
        const pv_blk_request request = entry.request;
        if (const std::optional<int32_t> status =
                status_of(request, log.table(queue, id), completion.result)) {
            entry.status = *status;
            entry.state.store(EntryState::done, std::memory_order_release);
            settled++;
        }
    }
    return settled;
}

} // namespace paravane::blk
