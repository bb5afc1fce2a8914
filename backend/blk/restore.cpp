// SPDX-License-Identifier: Apache-2.0
//
// What a process does with the requests of one that died. What had ended is answered; the rest is done again,
// in its order. Nothing of the old process's is on its way any more: its supervisor has waited for that.
#include "backend/blk/device.hpp"

#include <algorithm>

namespace paravane::blk {

void Device::restore()
{
    struct Left {
        Token token;
        uint64_t order;
        uint32_t response_index;
        EntryState state;
    };
    std::vector<Left> left;

    for (uint32_t queue = 0; queue < queues_.size(); queue++) {
        const uint32_t taken = log_.queue(queue).requests_taken.load(std::memory_order_acquire);
        const uint32_t given = log_.queue(queue).responses_given.load(std::memory_order_acquire);

        for (uint32_t id = 0; id < depth_; id++) {
            Entry &entry = log_.entry(queue, id);
            const EntryState state = entry.state.load(std::memory_order_acquire);

            if (state == EntryState::free)
                continue;
            order_ = std::max(order_, entry.order + 1);
            // One whose taking the guest was not shown is taken anew, and one whose answer it was is over.
            if (is_not_taken(entry.request_index, taken) ||
                (state == EntryState::answered &&
                 static_cast<int32_t>(entry.response_index - given) < 0)) {
                entry.state.store(EntryState::free, std::memory_order_release);
                continue;
            }
            if (queues_[queue].restore(static_cast<Queue::Id>(id), entry.request.head))
                left.push_back({Token(queue, static_cast<uint16_t>(id)), entry.order,
                                entry.response_index, state});
        }
    }
    std::ranges::sort(left, {}, &Left::order);
    for (const Left &request : left) {
        const Token token = request.token;
        Entry &entry = log_.entry(token.queue(), token.id());
        Flight &flight = flight_of(token);

        if (request.state != EntryState::taken) {
            queues_[token.queue()].answer(token.id(), entry.status);
            continue;
        }
        flight.has_table = (entry.request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
        // Its pins died with who held them.
        const int32_t status = checker_->check_again(
            entry.request, log_.table(token.queue(), token.id()), flight.work, extents_of(token));
        if (status != 0) {
            queues_[token.queue()].answer(token.id(), status);
            continue;
        }
        flight.begun = false;
        backlog_.push(token);
        header_.counts.replayed.fetch_add(1, std::memory_order_relaxed);
    }
}

} // namespace paravane::blk
