// SPDX-License-Identifier: Apache-2.0
//
// What the victim's process tells the hostile one, and how the two take turns with the memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "port.hpp"
#include "rings.hpp"

namespace paravane::stress {

enum class Messages : uint32_t { any, requests, responses };

// One ring under attack.
struct Target {
    pv_role victim;
    Messages messages;
    uint32_t offset; // in the arena
    uint32_t slots;
    uint32_t slot_size; // 1: a byte stream

    [[nodiscard]] bool is_stream() const { return slot_size == 1; }
    [[nodiscard]] uint32_t bytes() const
    {
        return static_cast<uint32_t>(pv_ring_bytes({slots, slot_size}));
    }
};

enum class Style : uint32_t { noise, moving, closing, reserved, messages };
inline constexpr uint32_t styles = 5;

struct Attack {
    Style style;
    uint32_t slip_one_in; // how seldom a plausible value is made a wrong one
    uint32_t depth;
    uint32_t targets;
    std::array<Target, 2> target;
    uint64_t seed;
};

// Written by the victim's process while the other waits, but for `scribbles`.
struct Orders {
    std::atomic<uint32_t> turn;      // odd: attack
    std::atomic<uint32_t> scribbles; // grows as long as the hostile process gets to run
    Attack attack = {};
};

// The turns, as the victim's process gives and the hostile one takes them. Made before the fork.
class Turns {
  public:
    explicit Turns(Orders &orders) : orders_(orders) {}

    // Returns once the other process does as told.
    void give()
    {
        orders_.turn.fetch_add(1);
        given_.notify();
        if (!taken_.wait(patience_ms))
            fail("the hostile process does not answer");
    }
    [[nodiscard]] uint32_t turn() const { return orders_.turn.load(); }
    void take() { taken_.notify(); }
    void wait()
    {
        while (!given_.wait(patience_ms)) {
        }
    }

  private:
    Orders &orders_;
    Port given_;
    Port taken_;
};

} // namespace paravane::stress
