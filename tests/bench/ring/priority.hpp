// SPDX-License-Identifier: Apache-2.0
//
// Real-time priority for what measures, so that other programs wait and not we. Nice values do not do
// it: where sessions are scheduled as groups, they count inside a session only.
#pragma once

namespace paravane::bench {

[[nodiscard]] bool may_run_realtime();

// For the calling process and what it executes. The kernel kills it if it then computes for a minute
// on end: a measurement that hangs would else hold its processor for ever.
void run_realtime();

} // namespace paravane::bench
