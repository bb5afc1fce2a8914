// SPDX-License-Identifier: Apache-2.0
//
// Keys and values of a device's two directories, as text. What is read was written by a stranger.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "frontend-drivers/keel/format.hpp"

extern "C" {
#include <paravane/device.h>
#include <paravane/store.h>
}

namespace keel::device {

// A directory, and the paths of the keys in it.
class Directory {
  public:
    Directory() = default;

    // Device `number` of a kind, in the guest's own home.
    void set_own(std::string_view kind, uint32_t number);
    // False for what is no absolute path, or one too long for a key in it.
    [[nodiscard]] bool set(std::string_view path);

    [[nodiscard]] std::string_view path() const { return {room_.data(), length_}; }
    // Valid until the next call. A key that ends with a hyphen goes on with the number.
    [[nodiscard]] std::string_view key(std::string_view name);
    [[nodiscard]] std::string_view key(std::string_view name, uint32_t number);

  private:
    static constexpr std::size_t key_max = 32;

    std::array<char, PV_STORE_PATH_MAX> room_{};
    std::size_t length_ = 0;
};

// A value that is a number and nothing else, no greater than `most`.
[[nodiscard]] bool parse_value(std::string_view text, uint64_t most, uint64_t &number);

// What the backend's directory says of itself, as read; false where it makes no sense.
struct OfferText {
    std::string_view version_min;
    std::string_view version;
    std::string_view features;
};
[[nodiscard]] bool parse_offer(const OfferText &text, pv_device_offer &offer);

// A stranger's words, made fit to be shown: short, and printable.
void put_words(Writer &to, std::string_view words);

} // namespace keel::device
