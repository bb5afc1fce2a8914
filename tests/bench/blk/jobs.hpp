// SPDX-License-Identifier: Apache-2.0
//
// What every contender is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "blk/contender.hpp"

namespace paravane::bench::blk {

enum class Unit : uint8_t { requests_a_second, mebibytes_a_second };

struct NamedJob {
    std::string name;
    Job job;
    Unit unit = Unit::requests_a_second;
};

struct JobChoice {
    uint64_t time = 0;    // ns, measured
    uint64_t warm_up = 0; // ns
    bool latency = false;
    bool writes = false;          // too; they destroy what is on the disk
    std::vector<uint32_t> depths; // of 4 KiB random reads, beside 1 and 32
};

[[nodiscard]] std::vector<NamedJob> jobs_of(const JobChoice &choice);

[[nodiscard]] const char *name_of(Unit unit);
[[nodiscard]] double value_of(Unit unit, const Figures &figures);

} // namespace paravane::bench::blk
