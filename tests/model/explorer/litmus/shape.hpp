// SPDX-License-Identifier: Apache-2.0
//
// A litmus shape: a small program and every outcome that the model allows it, no more and no less.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "explorer/explorer.hpp"

namespace paravane::explorer::litmus {

struct Shape {
    const char *name;
    const char *source; // why exactly these outcomes
    std::vector<std::string> allowed;
    void (*build)(Program &program);
    // What is left without prophecy (RC11 proper), where that is less.
    std::vector<std::string> without_prophecy = {};
    const char *violation = nullptr; // the shape must end in one that begins so
};

const std::vector<Shape> &two_thread_shapes();
const std::vector<Shape> &order_shapes();
const std::vector<Shape> &many_thread_shapes();
const std::vector<Shape> &facility_shapes();

// What the threads of the execution under way have read; cleared at its start. Thread bodies are
// plain functions and one exploration runs at a time.
inline std::array<std::uint32_t, 4> seen;

// The words of every shape: x, y, z all begin as 0 and lie at the arena's beginning.
inline constexpr Address x = arena_base;
inline constexpr Address y = arena_base + 8;
inline constexpr Address z = arena_base + 16;
inline constexpr Address data = arena_base + 24;

// Outcome: the first `registers` entries of `seen`, then the last values of the words in `finals`.
void describe(Program &program, unsigned registers, const std::vector<Address> &finals = {});

inline std::uint32_t rlx(Address at)
{
    return load(at, Order::relaxed);
}
inline std::uint32_t acq(Address at)
{
    return load(at, Order::acquire);
}
inline void rlx(Address at, std::uint32_t value)
{
    store(at, value, Order::relaxed);
}
inline void rel(Address at, std::uint32_t value)
{
    store(at, value, Order::release);
}
inline void sc()
{
    fence(Order::seq_cst);
}
inline std::uint32_t read(Address at)
{
    return static_cast<std::uint32_t>(read_plain(at));
}

} // namespace paravane::explorer::litmus
