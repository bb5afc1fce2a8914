// SPDX-License-Identifier: Apache-2.0
//
// Our own disk, as `paravane run` gives it to keel: a guest is booted for each job.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "blk/contender.hpp"
#include "blk/line_socket.hpp"
#include "blk/program.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

struct OurPlan {
    std::string name;
    std::string vehicle; // as --vehicle knows it
    uint32_t queues = 1; // and vCPUs, among which a job's depth is divided
    bool pinned = true;
};

[[nodiscard]] std::vector<OurPlan> our_plans();

class Ours final : public Contender {
  public:
    // A Problem: it does not run here, and why.
    [[nodiscard]] static Result<std::unique_ptr<Ours>> start(const OurPlan &plan,
                                                             const Setting &setting);

    [[nodiscard]] const std::string &name() const override { return plan_.name; }
    [[nodiscard]] bool can(const Job &job) const override { return job.depth % plan_.queues == 0; }
    [[nodiscard]] Result<Figures> run(const Job &job) override;

  private:
    Ours(OurPlan plan, const Setting &setting, std::string program)
        : plan_(std::move(plan)), setting_(setting), program_(std::move(program))
    {
    }

    // Processor time of the guest's processes, and of its backends'.
    struct Times {
        uint64_t front = 0;
        uint64_t back = 0;
    };
    [[nodiscard]] std::vector<std::string> words(const Job &job) const;
    [[nodiscard]] Result<Figures> measure(const Job &job, const Program &program,
                                          LineSocket &output) const;

    OurPlan plan_;
    Setting setting_;
    std::string program_;
};

} // namespace paravane::bench::blk
