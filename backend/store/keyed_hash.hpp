// SPDX-License-Identifier: Apache-2.0
//
// A hash under a key that no guest knows, so that names cannot be chosen to collide. Not a MAC: no
// guest ever sees a value of it, and a domain's quota bounds how many names it has in a table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace paravane {

class KeyedHash {
  public:
    using is_transparent = void;

    // A key of the system's randomness.
    KeyedHash();

    // `salt` tells apart equal texts in different places.
    [[nodiscard]] uint64_t operator()(std::string_view text, uint64_t salt) const noexcept;
    [[nodiscard]] size_t operator()(std::string_view text) const noexcept
    {
        return (*this)(text, 0);
    }

  private:
    uint64_t key_;
    uint64_t factor_; // odd
};

} // namespace paravane
