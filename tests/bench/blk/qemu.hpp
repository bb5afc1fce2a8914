// SPDX-License-Identifier: Apache-2.0
//
// A disk as QEMU emulates it, under the bare image of frontend-drivers/keel/bare. Started once; between two jobs
// all of its threads are stopped.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "blk/contender.hpp"
#include "blk/exits.hpp"
#include "blk/line_socket.hpp"
#include "blk/program.hpp"
#include "blk/qemu_plan.hpp"
#include "blk/qmp.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

// Where QEMU is, and what it needs of ours; a Problem says what is not there.
[[nodiscard]] Result<QemuFiles> find_qemu();

class Qemu final : public Contender {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Qemu>>
    start(const QemuPlan &plan, const QemuFiles &files, const Setting &setting);

    [[nodiscard]] const std::string &name() const override { return plan_.name; }
    [[nodiscard]] bool can(const Job &job) const override;
    [[nodiscard]] Result<Figures> run(const Job &job) override { return run(job, false); }
    // With `verify`, what is written says where it is, and what is read is looked at.
    [[nodiscard]] Result<Figures> run(const Job &job, bool verify);
    [[nodiscard]] uint64_t depth_max() const { return depth_max_; }

  private:
    Qemu(QemuPlan plan, const Setting &setting) : plan_(std::move(plan)), setting_(setting) {}

    [[nodiscard]] Result<void> boot(const QemuFiles &files);
    [[nodiscard]] Result<void> pin();
    [[nodiscard]] Result<void> open_disk();
    // The next line of the image; what it refuses is a Problem too.
    [[nodiscard]] Result<std::string> hear(std::chrono::milliseconds most);
    [[nodiscard]] Result<Figures> measure(const Job &job, bool verify);

    QemuPlan plan_;
    Setting setting_;
    Program program_;
    LineSocket line_;
    Qmp control_;
    std::set<pid_t> vcpus_;
    uint64_t depth_max_ = 0;
    uint64_t bytes_max_ = 0;
};

} // namespace paravane::bench::blk
