// SPDX-License-Identifier: MIT OR GPL-2.0
//
// Something that lies where a peer can write it. It can be copied out, once, and nothing else: the
// copy is then checked and used, and the original is never looked at again.
#pragma once

#include <cstdint>
#include <type_traits>

extern "C" {
#include "shared.h"
}

namespace paravane {

// What may cross a ring: whole words, every byte of them a field's. A type with padding would
// publish bytes that nobody initialised.
template <typename T> inline constexpr bool is_whole_words = sizeof(T) % 8 == 0;

template <typename T>
concept WireMessage =
    std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T> &&
    std::has_unique_object_representations_v<T> && is_whole_words<T>;

template <WireMessage T> class Peer {
  public:
    explicit Peer(pv_shared at) : at_(at) {}

    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;
    Peer(Peer &&) = delete;
    Peer &operator=(Peer &&) = delete;
    ~Peer() = default;

    // Consumes the handle: std::move(peer).copy_out(), and a second time is use after move.
    [[nodiscard]] T copy_out() &&
    {
        T copy; // NOLINT(cppcoreguidelines-pro-type-member-init): every byte is copied over
        pv_shared_copy_out(&copy, at_, sizeof(T));
        return copy;
    }

  private:
    pv_shared at_;
};

} // namespace paravane
