// SPDX-License-Identifier: Apache-2.0
//
// Stores where there may be no memory, or none that may be written: they are counted and skipped.
#pragma once

#include <atomic>
#include <cstdint>

#include "frontend-drivers/keel/exceptions.hpp"

namespace keel::selftest {

class SkippedStores {
  public:
    SkippedStores()
    {
        count_ = 0;
        exceptions::set_hook(skip);
    }
    SkippedStores(const SkippedStores &) = delete;
    SkippedStores &operator=(const SkippedStores &) = delete;
    ~SkippedStores() { exceptions::set_hook(nullptr); }

    [[nodiscard]] static uint32_t count() { return count_.load(); }

    static void store(uint64_t address, uint64_t value)
    {
        asm volatile("movq %[value], (%[at])" : : [at] "D"(address), [value] "a"(value) : "memory");
    }

  private:
    static bool skip(ExceptionFrame &frame)
    {
        constexpr uint64_t bytes_of_store = 3;
        if (frame.vector != exceptions::page_fault)
            return false;
        count_.fetch_add(1);
        frame.rip += bytes_of_store;
        return true;
    }

    inline static constinit std::atomic<uint32_t> count_ = 0;
};

} // namespace keel::selftest
