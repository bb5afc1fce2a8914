// SPDX-License-Identifier: Apache-2.0
//
// What a workload asks of a disk that is polled: ours, and those that a bare image finds under QEMU. Used by
// one vCPU at a time.
#pragma once

#include <concepts>
#include <cstdint>

namespace keel::workload {

enum class Kind : uint8_t { read, write, flush };

struct Io {
    Kind kind = Kind::read;
    uint64_t sector = 0;  // of 512 bytes; 0 for a flush
    uint32_t sectors = 0; // 0 for a flush
    uint32_t buffer = 0;  // its number; the buffer has room for all of it
    uint32_t tag = 0;     // the caller's, and none that is in flight
};

// Of what comes back: the tag, and 0 or a negative error code.
struct NoCompletion {
    void operator()(uint32_t /*tag*/, int32_t /*status*/) const {}
};

// A disk may also have `bool ended()`: true when nothing more is to be expected of it, and what is in flight is not
// to be waited for.
template <class Disk>
concept PolledDisk = requires(Disk &disk, const Io &io, uint32_t number)
{
    // False: there is no room; there is when something was completed.
    requires std::same_as<decltype(disk.put(io)), bool>;
    // Starts all that was put.
    disk.kick();
    // Calls done(tag, status) for each completion and returns how many there were. Nothing is put meanwhile.
    requires std::same_as<decltype(disk.poll(NoCompletion{})), uint32_t>;
    requires std::same_as<decltype(disk.sectors()), uint64_t>;
    // Where the buffer lies, in whatever way the disk names memory.
    disk.buffer(number);
};

} // namespace keel::workload
