// SPDX-License-Identifier: Apache-2.0
//
// What the rows are called. Readers of the document rely on it.
#pragma once

namespace paravane::bench::names {

inline constexpr const char *line = "one way of a cache line between the two cores";
inline constexpr const char *line_before = "before the comparison";
inline constexpr const char *line_after = "after the comparison";
inline constexpr const char *sum = "one way, producer's and consumer's time added, per element";
inline constexpr const char *wall = "one way, elapsed time per element";
inline constexpr const char *requests =
    "requests of 32 bytes answered with 16, both sides polling, time per request";
inline constexpr const char *ping_pong = "ping-pong of one 16-byte message, time of one way";
inline constexpr const char *notifications = "notifications sent per 1000 messages";
inline constexpr const char *rte_ring = "rte_ring, 16-byte elements, as above";
inline constexpr const char *ratio = "rte_ring over ours (above 1: ours is faster)";

} // namespace paravane::bench::names
