// SPDX-License-Identifier: Apache-2.0
//
// What is to be measured, and what was.
#pragma once

#include <algorithm>
#include <cstdint>

#include "frontend-drivers/blk/workload/histogram.hpp"

namespace keel::workload {

enum class Pattern : uint8_t { random, sequential };

struct Job {
    static constexpr uint32_t depth_max = 1024;

    Pattern pattern = Pattern::random;
    uint32_t read_percent = 100;
    uint32_t bytes = 4096; // a request: a multiple of 512, at most the region
    uint32_t depth = 32;   // 1 to depth_max; buffers 0 to this, exclusive, are used
    uint64_t first = 0;    // sector at which the region begins
    uint64_t sectors = 0;  // its length; 0: all of the disk from there on
    uint64_t warm_up = 0;  // ns before anything counts
    uint64_t time = 0;     // ns that are measured, or
    uint64_t count = 0;    // so many requests, whichever comes first; 0: no such end
    uint64_t seed = 1;
    bool latency = false; // measure each request's; costs two readings of the counter a batch
};

struct Report {
    uint64_t requests = 0; // answered in the measured time, the errors included
    uint64_t bytes = 0;    // moved by those that were not errors
    uint64_t ns = 0;
    uint64_t errors = 0;
    int32_t first_error = 0; // its status
    Histogram latency;       // ns from the start of the batch to when the answer was found

    [[nodiscard]] uint64_t p50() const { return latency.at(500); }
    [[nodiscard]] uint64_t p99() const { return latency.at(990); }
    [[nodiscard]] uint64_t p999() const { return latency.at(999); }
    [[nodiscard]] uint64_t max() const { return latency.greatest(); }

    [[nodiscard]] uint64_t requests_a_second() const { return a_second(requests); }
    [[nodiscard]] uint64_t bytes_a_second() const { return a_second(bytes); }

    // In place: it is large, for a stack.
    void clear()
    {
        requests = bytes = ns = errors = 0;
        first_error = 0;
        latency.clear();
    }
    // What another vCPU did at the same time.
    void add(const Report &other)
    {
        requests += other.requests;
        bytes += other.bytes;
        ns = std::max(ns, other.ns);
        if (errors == 0)
            first_error = other.first_error;
        errors += other.errors;
        latency.add(other.latency);
    }

  private:
    [[nodiscard]] uint64_t a_second(uint64_t of) const
    {
        constexpr uint64_t second = 1'000'000'000;
        constexpr uint64_t time_max = UINT64_MAX / second;
        uint64_t time = ns;

        // No product is to be longer than 64 bits; of so long a time a bit more or less is nothing.
        for (; time > time_max; time /= 2)
            of /= 2;
        return time == 0 ? 0 : of / time * second + of % time * second / time;
    }
};

} // namespace keel::workload
