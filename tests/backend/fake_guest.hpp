// SPDX-License-Identifier: Apache-2.0
//
// A guest's half of a console: the frontend's ends of the two streams.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fake_domain.hpp"

extern "C" {
#include <paravane/stream.h>
}

namespace paravane::backend_test {

inline constexpr uint32_t output_grant = 3;
inline constexpr uint32_t input_grant = 4;

class FakeGuest : public FakeDomain, public FakePort {
  public:
    // Both streams are at `index`.
    explicit FakeGuest(uint32_t ring_bytes = 4096, uint32_t index = 0);

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

    uint32_t ring_bytes;
    uint64_t output_at; // in the arena
    uint64_t input_at;
    pv_violations violations{};
    pv_stream_writer output{};
    pv_stream_reader input{};
};

} // namespace paravane::backend_test
