// SPDX-License-Identifier: Apache-2.0
//
// Single messages there and back between two processes, and a stream of bursts, with both sides
// asleep when they have nothing to do: what event indices are for.
#pragma once

#include <cstdint>
#include <string>

#include "ring/setting.hpp"

namespace paravane::bench {

// Cycles of one way, half of a round trip; both poll and nobody sleeps.
[[nodiscard]] double measure_ping_pong(const Setting &setting, std::string &error);

struct Sleeping {
    double one_way = 0;       // cycles per message
    double notifications = 0; // doorbells rung per message, either direction
};

// One message there and back, both asleep on an eventfd whenever they wait.
[[nodiscard]] Sleeping measure_sleeping(const Setting &setting, std::string &error);

// A stream in one direction, in bursts of 8 messages of 64 bytes: the consumer sleeps when the ring
// is empty, the producer when it is full, until half of it is free.
[[nodiscard]] Sleeping measure_load(const Setting &setting, std::string &error);

} // namespace paravane::bench
