// SPDX-License-Identifier: Apache-2.0
//
// All names in a directory, page by page. Outside of a transaction pages are of different moments.
#pragma once

#include <array>
#include <string_view>

#include "frontend-drivers/store/client.hpp"

namespace keel::store {

// 9 KiB.
class Listing {
  public:
    // The path must last as long.
    Listing(Client &client, std::string_view path, Transaction transaction = {})
        : client_(client), path_(path), transaction_(transaction)
    {
    }
    Listing(const Listing &) = delete;
    Listing &operator=(const Listing &) = delete;
    ~Listing() = default;

    // The next name, valid until the next call; false after the last, and where there was an error.
    [[nodiscard]] bool next(std::string_view &name);
    [[nodiscard]] Error error() const { return error_; }
    [[nodiscard]] uint32_t pages() const { return pages_; }

  private:
    [[nodiscard]] bool next_page();

    Client &client_;
    std::string_view path_;
    Transaction transaction_;
    std::array<char, PV_STORE_PAYLOAD_MAX> page_{};
    std::span<const unsigned char> left_; // of the page
    std::array<char, PV_STORE_COMPONENT_MAX> last_{};
    std::size_t last_length_ = 0;
    uint32_t pages_ = 0;
    bool more_ = true;
    Error error_ = 0;
};

} // namespace keel::store
