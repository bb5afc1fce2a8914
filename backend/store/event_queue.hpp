// SPDX-License-Identifier: Apache-2.0
//
// The events that a client has yet to be sent. One that waits already is not queued twice; beyond the
// limit a watch gets a single event more, which says that others were lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string_view>
#include <utility>

#include "backend/store/watch_index.hpp"

namespace paravane {

class EventQueue {
  public:
    struct Event {
        uint64_t cookie = 0;
        SharedPath path; // null: others were lost
    };

    explicit EventQueue(uint32_t limit) : limit_(limit) {}

    void push(uint64_t cookie, const SharedPath &path);
    [[nodiscard]] bool empty() const { return events_.empty(); }
    // At most the limit, and one for each watch.
    [[nodiscard]] size_t size() const { return events_.size(); }
    [[nodiscard]] const Event &front() const { return events_.front(); }
    void pop();
    // Of a watch that ends.
    void drop(uint64_t cookie);
    void clear();

  private:
    uint32_t limit_;
    std::deque<Event> events_;
    // What is in events_; the texts are the events'.
    std::set<std::pair<uint64_t, std::string_view>> waiting_;
    std::set<uint64_t> overflowed_;
};

} // namespace paravane
