// SPDX-License-Identifier: Apache-2.0
//
// Who is told of changes at a path and beneath it.
#pragma once

#include <cstdint>
#include <string_view>

namespace keel::store {

struct Change {
    std::string_view path; // as the watch named it; valid during the callback
    bool lost = false;     // others were lost: read all again
};

// In memory of the driver's, and there until unwatch has come back.
class Watch {
  public:
    // Runs in the event loop, which turns while calls wait, too. It may make calls of its own, and
    // end watches; no other callback runs meanwhile.
    using Function = void (*)(void *context, const Change &change);

    Watch(Function function, void *context) : function_(function), context_(context) {}
    Watch(const Watch &) = delete;
    Watch &operator=(const Watch &) = delete;
    ~Watch() = default;

  private:
    friend class Watches;

    Function function_;
    void *context_;
    uint64_t cookie_ = 0; // 0: not registered
    Watch *next_ = nullptr;
    bool lost_ = false; // an event for it did not find room
};

} // namespace keel::store
