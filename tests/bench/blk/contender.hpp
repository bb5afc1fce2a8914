// SPDX-License-Identifier: Apache-2.0
//
// What is compared: something that can do a job on a disk, again and again, and says what it took. All run the
// loop of frontend-drivers/blk/workload.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "frontend-drivers/blk/workload/job.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::bench::blk {

using keel::workload::Job;
using keel::workload::Pattern;

struct Figures {
    uint64_t requests = 0; // in the measured time
    uint64_t bytes = 0;
    uint64_t ns = 0;
    uint64_t errors = 0;
    int32_t first_error = 0;
    // ns from a request's start to its answer; only where the job asks for that.
    uint64_t p50 = 0;
    uint64_t p99 = 0;
    uint64_t most = 0;

    // Of one request, warm-up included. Nothing: it cannot be told.
    std::optional<double>
        front_ns; // processor time of what runs the loop: a vCPU, or a thread of the host
    std::optional<double> back_ns;    // and of all other threads that serve it
    std::optional<double> exits;      // of a guest, wherever they are handled
    std::optional<double> user_exits; // those of them that its program handles

    // Where the data was looked at: sectors, and how many of their words were not what was written there.
    uint64_t verified = 0;
    uint64_t wrong = 0;

    [[nodiscard]] double requests_a_second() const
    {
        return ns == 0 ? 0 : static_cast<double>(requests) * 1e9 / static_cast<double>(ns);
    }
    [[nodiscard]] double bytes_a_second() const
    {
        return ns == 0 ? 0 : static_cast<double>(bytes) * 1e9 / static_cast<double>(ns);
    }
};

class Contender {
  public:
    Contender() = default;
    Contender(const Contender &) = delete;
    Contender &operator=(const Contender &) = delete;
    virtual ~Contender() = default;

    [[nodiscard]] virtual const std::string &name() const = 0;
    // Some disks take one request at a time, or none so large.
    [[nodiscard]] virtual bool can(const Job &job) const = 0;
    // Between two runs it uses no processor.
    [[nodiscard]] virtual Result<Figures> run(const Job &job) = 0;
};

} // namespace paravane::bench::blk
