// SPDX-License-Identifier: Apache-2.0
//
// The bytes that a client has yet to take: bounded, and always whole messages at its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

extern "C" {
#include <paravane/store.h>
}

namespace paravane {

class Outbox {
  public:
    // Two of the longest messages.
    static constexpr size_t limit = size_t{2} * PV_STORE_MESSAGE_MAX;

    // Whether any message whatever fits. Nothing is begun otherwise.
    [[nodiscard]] bool has_room() const { return pending().size() + PV_STORE_MESSAGE_MAX <= limit; }
    [[nodiscard]] std::span<const std::byte> pending() const
    {
        return std::span(bytes_).subspan(taken_);
    }
    void take(size_t count);

    // A message: begin, its payload, end.
    void begin(const pv_store_reply &head);
    // False, and nothing done, when the string would make the payload too long.
    [[nodiscard]] bool put_string(std::string_view text);
    void put_bytes(std::span<const std::byte> bytes);
    // Writes the length, and the flags, into the head.
    void end(uint16_t flags);

  private:
    [[nodiscard]] size_t payload() const { return bytes_.size() - head_ - sizeof(pv_store_reply); }

    std::vector<std::byte> bytes_;
    size_t taken_ = 0;
    size_t head_ = 0; // where the message that is being made begins
};

} // namespace paravane
