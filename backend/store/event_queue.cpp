// SPDX-License-Identifier: Apache-2.0
#include "backend/store/event_queue.hpp"

namespace paravane {

void EventQueue::push(uint64_t cookie, const SharedPath &path)
{
    if (overflowed_.contains(cookie) || waiting_.contains({cookie, *path}))
        return;
    if (waiting_.size() < limit_) {
        waiting_.emplace(cookie, *path);
        events_.push_back({cookie, path});
    } else {
        overflowed_.insert(cookie);
        events_.push_back({cookie, nullptr});
    }
}

void EventQueue::pop()
{
    const Event &event = events_.front();
    if (event.path == nullptr)
        overflowed_.erase(event.cookie);
    else
        waiting_.erase({event.cookie, *event.path});
    events_.pop_front();
}

void EventQueue::drop(uint64_t cookie)
{
    overflowed_.erase(cookie);
    waiting_.erase(waiting_.lower_bound({cookie, {}}),
                   cookie == UINT64_MAX ? waiting_.end() : waiting_.lower_bound({cookie + 1, {}}));
    std::erase_if(events_, [cookie](const Event &event) { return event.cookie == cookie; });
}

void EventQueue::clear()
{
    overflowed_.clear();
    waiting_.clear();
    events_.clear();
}

} // namespace paravane
