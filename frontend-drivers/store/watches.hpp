// SPDX-License-Identifier: Apache-2.0
//
// The watches of a connection, and the events that wait for their callbacks. Events come while a
// callback is busy, too, so some are kept; of a watch whose events find no room, it is told that
// some were lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "frontend-drivers/store/watch.hpp"

extern "C" {
#include <paravane/store.h>
}

namespace keel::store {

class Watches {
  public:
    static constexpr std::size_t held_max = 16;

    Watches() = default;
    Watches(const Watches &) = delete;
    Watches &operator=(const Watches &) = delete;
    ~Watches() = default;

    // Gives it a cookie that no other has or had.
    [[nodiscard]] uint64_t add(Watch &watch);
    // No callback from now on.
    void remove(Watch &watch);
    // 0: it is not registered.
    [[nodiscard]] uint64_t cookie_of(const Watch &watch) const { return watch.cookie_; }

    // False: there is no such watch.
    [[nodiscard]] bool hold(uint64_t cookie, std::string_view path, bool lost);
    // Some watch is to be told of something, and no callback is busy.
    [[nodiscard]] bool waiting() const;
    // Calls back once, for the event that has waited longest; false when there is none, or when this is
    // a callback's call.
    bool tell_one();

  private:
    struct Event {
        uint64_t cookie;
        std::size_t length;
        bool lost;
        std::array<char, PV_STORE_PATH_MAX> path;
    };

    [[nodiscard]] Watch *find(uint64_t cookie);
    [[nodiscard]] Watch *first_with_loss() const;
    bool tell_of_event();
    bool tell_of_loss();

    Watch *first_ = nullptr;
    uint64_t last_cookie_ = 0;
    std::array<Event, held_max> held_{};
    std::size_t begin_ = 0;
    std::size_t count_ = 0;
    bool telling_ = false;
};

} // namespace keel::store
