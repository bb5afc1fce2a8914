// SPDX-License-Identifier: Apache-2.0
//
// What a guest and its domain process have, whatever the device: memory, grants, pins and ports. Made here,
// of memfds and eventfds.
#pragma once

#include <cstdint>
#include <string_view>

#include "hypercall/host/pin_area.hpp"
#include "hypercall/host/unique_fd.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::backend_test {

inline constexpr uint64_t arena_base = UINT64_C(0x2000000000);

class FakeDomain {
  public:
    explicit FakeDomain(uint64_t arena_bytes);

    // Writes an entry of the table.
    void allow(uint32_t number, uint32_t word, uint32_t frames, uint64_t first_frame) const;
    // The same, to the host, of what lies at `offset` in the arena.
    void allow_bytes(uint32_t number, bool writable, uint64_t offset, uint64_t bytes) const;
    [[nodiscard]] pv_shared entry(uint32_t number) const
    {
        return table.at(number * sizeof(pv_grant_entry));
    }
    [[nodiscard]] bool pinned() const;
    // A process has died: its pins count no more.
    void forget_pins() { pins = *DomainPins::create(); }

    SharedMemory arena;
    SharedMemory table;
    UniqueFd table_to_read;
    DomainPins pins;
};

class FakePort {
  public:
    FakePort();

    void ring() const { (void)eventfd_write(doorbell.get(), 1); }
    // Waits for the event, and takes it. False: it did not come.
    [[nodiscard]] bool await_event(int milliseconds) const;

    UniqueFd doorbell;
    UniqueFd event;
};

} // namespace paravane::backend_test
