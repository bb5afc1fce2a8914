// SPDX-License-Identifier: Apache-2.0
//
// The table in which the kernel says who may use which of its frames: which entries are in use, and how
// one is published and withdrawn. Asking the host whether somebody still uses it is for grants.hpp.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "frontend-drivers/keel/spinlock.hpp"

#include <paravane/grant.h>
extern "C" {
#include <paravane/shared.h>
}

namespace keel {

struct GrantRef {
    uint32_t value = 0; // 0: none
    auto operator<=>(const GrantRef &) const = default;

    [[nodiscard]] bool good() const { return value != 0; }
};

enum class Access : uint8_t { read, write };

class GrantTable {
  public:
    constexpr GrantTable() = default;

    // Takes a zeroed table of so many entries, the one that is none included.
    void set(pv_shared table, uint64_t entries);

    // Lets `domain` use `frames` frames from this one on. No entry if none is free.
    [[nodiscard]] GrantRef publish(uint64_t first_frame, uint32_t frames, uint16_t domain,
                                   Access access);
    // From now on nobody begins to use the frames; whoever has begun goes on. False for what is not in use.
    bool withdraw(GrantRef grant);
    // After the host has said that nobody uses the frames any more. False for what was not withdrawn.
    bool free(GrantRef grant);

    [[nodiscard]] uint32_t entries() const { return entries_ == 0 ? 0 : entries_ - 1; }
    [[nodiscard]] uint32_t used() const { return used_; }

  private:
    enum class State : uint8_t { free, published, withdrawn };

    [[nodiscard]] pv_shared at(uint32_t number) const;
    [[nodiscard]] bool is(GrantRef grant, State state) const;
    [[nodiscard]] uint32_t take();

    pv_shared table_ = {0};
    uint32_t entries_ = 0;
    uint32_t used_ = 0;
    uint32_t next_ = 1; // where the search begins, so that numbers are not used again at once
    std::array<State, PV_GRANT_ENTRIES> states_{};
    Spinlock lock_;
};

} // namespace keel
