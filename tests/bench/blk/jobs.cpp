// SPDX-License-Identifier: Apache-2.0
#include "blk/jobs.hpp"

#include <set>

#include <fmt/format.h>

namespace paravane::bench::blk {

namespace {

constexpr uint32_t kibibyte = 1024;

Job job_of(const JobChoice &choice, Pattern pattern, uint32_t read_percent, uint32_t bytes,
           uint32_t depth)
{
    Job job;

    job.pattern = pattern;
    job.read_percent = read_percent;
    job.bytes = bytes;
    job.depth = depth;
    job.warm_up = choice.warm_up;
    job.time = choice.time;
    job.latency = choice.latency;
    return job;
}

} // namespace

std::vector<NamedJob> jobs_of(const JobChoice &choice)
{
    std::vector<NamedJob> jobs;
    std::set<uint32_t> depths(choice.depths.begin(), choice.depths.end());

    depths.insert({1, 32});
    jobs.reserve(depths.size() + 5);
    for (const uint32_t depth : depths)
        jobs.push_back({fmt::format("4 KiB random reads, depth {}", depth),
                        job_of(choice, Pattern::random, 100, 4 * kibibyte, depth)});
    jobs.push_back({"128 KiB sequential reads, depth 8",
                    job_of(choice, Pattern::sequential, 100, 128 * kibibyte, 8),
                    Unit::mebibytes_a_second});
    if (!choice.writes)
        return jobs;
    for (const uint32_t depth : {1U, 32U})
        jobs.push_back({fmt::format("4 KiB random writes, depth {}", depth),
                        job_of(choice, Pattern::random, 0, 4 * kibibyte, depth)});
    jobs.push_back({"4 KiB random, 70 % reads, depth 32",
                    job_of(choice, Pattern::random, 70, 4 * kibibyte, 32)});
    jobs.push_back({"128 KiB sequential writes, depth 8",
                    job_of(choice, Pattern::sequential, 0, 128 * kibibyte, 8),
                    Unit::mebibytes_a_second});
    return jobs;
}

const char *name_of(Unit unit)
{
    return unit == Unit::requests_a_second ? "requests/s" : "MiB/s";
}

double value_of(Unit unit, const Figures &figures)
{
    return unit == Unit::requests_a_second ? figures.requests_a_second()
                                           : figures.bytes_a_second() / 0x1p20;
}

} // namespace paravane::bench::blk
