// SPDX-License-Identifier: Apache-2.0
//
// Mutual exclusion of vCPUs. Interrupts need not be kept out: their handlers take no lock.
#pragma once

#include <atomic>

namespace keel {

inline void pause()
{
    __builtin_ia32_pause();
}

class Spinlock {
  public:
    constexpr Spinlock() = default;
    Spinlock(const Spinlock &) = delete;
    Spinlock &operator=(const Spinlock &) = delete;
    ~Spinlock() = default;

    void lock()
    {
        while (held_.exchange(true, std::memory_order_acquire)) {
            while (held_.load(std::memory_order_relaxed))
                pause();
        }
    }
    void unlock() { held_.store(false, std::memory_order_release); }

  private:
    std::atomic<bool> held_ = false;
};

class Locked {
  public:
    explicit Locked(Spinlock &lock) : lock_(lock) { lock_.lock(); }
    Locked(const Locked &) = delete;
    Locked &operator=(const Locked &) = delete;
    ~Locked() { lock_.unlock(); }

  private:
    Spinlock &lock_;
};

} // namespace keel
