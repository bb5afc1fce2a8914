// SPDX-License-Identifier: Apache-2.0
//
// What a vCPU that uses a channel does while nothing is answered: it looks again at once, or it sleeps until the
// backend wakes it; and it sees to all else that happens to the vCPU, since others count on its event loop.
#pragma once

#include <atomic>
#include <cstddef>

#include "frontend-drivers/blk/channel.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/host_requests.hpp"
#include "frontend-drivers/keel/spinlock.hpp"

namespace keel::blk {

enum class Waiting : uint8_t { poll, sleep };

class Attendant {
  public:
    // Of the channel's vCPU, while it lives. `requests` on the first vCPU, null on others; `stop` is for all, and
    // set when the host asks to power off.
    Attendant(Channel &channel, Waiting waiting, HostRequests *requests, std::atomic<bool> &stop);
    Attendant(const Attendant &) = delete;
    Attendant &operator=(const Attendant &) = delete;
    ~Attendant();

    [[nodiscard]] bool stopped() const { return stop_.load(std::memory_order_relaxed); }

    // After each poll: how many it found. Whoever is kept busy by his disk hears of the rest all the same.
    void polled(uint32_t count)
    {
        if (count == 0)
            idle();
        else if (PV_UNLIKELY(happened() || ++busy_ % polls_a_look == 0))
            attend();
    }

  private:
    static constexpr uint32_t polls_a_look = 65536;
    static constexpr uint32_t empty_polls_a_look = 1024;

    // To the vCPU: a port was raised.
    [[nodiscard]] bool happened() const { return pv_shared_load_relaxed(upcall_) != 0; }
    void idle();
    void attend();
    void sleep();
    // Tells all when the host asks to power off.
    void heed();

    Channel &channel_;
    Waiting waiting_;
    HostRequests *requests_;
    std::atomic<bool> &stop_;
    pv_shared upcall_; // not 0: something has happened to the vCPU
    bool awake_ = false;
    uint32_t busy_ = 0;
    uint32_t empty_ = 0;
};

} // namespace keel::blk
