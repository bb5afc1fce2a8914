// SPDX-License-Identifier: Apache-2.0
//
// Memory that a device reads and writes beside the processor. The devices are QEMU's, which is another
// thread of the host, so the barriers are those between threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace keel::bare {

// What a device calls it: the image's addresses are the machine's.
template <typename T> [[nodiscard]] uint64_t device_address(const T *object)
{
    return reinterpret_cast<uint64_t>(object);
}

// All that the device wrote before it wrote this can be read after it.
template <typename T> [[nodiscard]] T load_acquire(T &word)
{
    return std::atomic_ref<T>(word).load(std::memory_order_acquire);
}

// The device that reads this finds all that was written before it.
template <typename T> void store_release(T &word, T value)
{
    std::atomic_ref<T>(word).store(value, std::memory_order_release);
}

// What was written before it is seen by the device before anything is read after it.
inline void full_barrier()
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

} // namespace keel::bare
