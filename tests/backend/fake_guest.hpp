// SPDX-License-Identifier: Apache-2.0
//
// What a guest and its domain process have of a console: memory, grants, pins and a port, and the
// frontend's ends of the two streams. Made here, of memfds and eventfds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hypercall/host/pin_area.hpp"
#include "hypercall/host/unique_fd.hpp"
#include <paravane/shared_memory.hpp>

extern "C" {
#include <paravane/stream.h>
}

namespace paravane::backend_test {

inline constexpr uint64_t arena_base = UINT64_C(0x2000000000);
inline constexpr uint32_t output_grant = 3;
inline constexpr uint32_t input_grant = 4;

class FakeGuest {
  public:
    // Both streams are at `index`.
    explicit FakeGuest(uint32_t ring_bytes = 4096, uint32_t index = 0);

    // Writes an entry of the table.
    void allow(uint32_t number, uint32_t word, uint32_t frames, uint64_t first_frame) const;
    [[nodiscard]] pv_shared entry(uint32_t number) const
    {
        return table.at(number * sizeof(pv_grant_entry));
    }
    // Words of the rings' control blocks.
    [[nodiscard]] pv_shared output_word(std::size_t offset) const
    {
        return arena.at(output_at + offset);
    }
    [[nodiscard]] pv_shared input_word(std::size_t offset) const
    {
        return arena.at(input_at + offset);
    }

    // As much of it as there is room for; rings when it is to.
    uint32_t write(std::string_view text);
    // All of it, waiting for room. False: nobody made any for 5 s.
    [[nodiscard]] bool write_all(std::string_view text);
    // What is there, up to `most` bytes; rings when it is to.
    std::string read(std::size_t most = 4096);
    // So many bytes, waiting for them; less: nothing came for 5 s.
    [[nodiscard]] std::string read_all(std::size_t bytes);
    void ring() const { (void)eventfd_write(doorbell.get(), 1); }
    // Waits for the event, and takes it. False: it did not come.
    [[nodiscard]] bool await_event(int milliseconds) const;

    [[nodiscard]] bool pinned() const;

    uint32_t ring_bytes;
    uint64_t output_at; // in the arena
    uint64_t input_at;
    SharedMemory arena;
    SharedMemory table;
    UniqueFd table_to_read;
    DomainPins pins;
    UniqueFd doorbell;
    UniqueFd event;
    pv_violations violations{};
    pv_stream_writer output{};
    pv_stream_reader input{};
};

} // namespace paravane::backend_test
