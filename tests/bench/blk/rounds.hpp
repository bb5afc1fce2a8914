// SPDX-License-Identifier: Apache-2.0
//
// Rounds: each contender does each job once, all of them in turn and in the other order the next time, so that
// what the machine does meanwhile hits them alike.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blk/contender.hpp"
#include "blk/jobs.hpp"
#include "ring/series.hpp"

namespace paravane::bench::blk {

using Contenders = std::vector<std::unique_ptr<Contender>>;

// How many ns a cache line takes from one of the two processors to the other now. Where a hypervisor moves them, it
// takes ten times as long within a second, and most figures follow. Nothing: it is not known.
using LineTime = std::function<std::optional<double>()>;

// `said` gets a line for each measurement, as it is made.
[[nodiscard]] Result<void> measure_rounds(const Contenders &contenders,
                                          const std::vector<NamedJob> &jobs, uint32_t rounds,
                                          const LineTime &line_time, Series &series,
                                          std::ostream *said);

// What a row of exits a request is called, behind the job's name.
[[nodiscard]] const char *exits_row(bool to_user_space);

// ... and one of cache lines: two for each figure, before it and after it.
[[nodiscard]] const char *line_row();

// The name of that one whose name begins so and whose median is the best at the job. Empty: nobody did it.
[[nodiscard]] std::string best_at(const NamedJob &job, const Contenders &contenders,
                                  const std::string &beginning, const Series &series);

// Of each job, all other contenders' figures by those of the best one whose name begins so, round by round; and by
// themselves those of which the processors lay alike, all of the time as far as is known.
void add_ratios(const Contenders &contenders, const std::vector<NamedJob> &jobs,
                const std::string &beginning, Series &series);

} // namespace paravane::bench::blk
