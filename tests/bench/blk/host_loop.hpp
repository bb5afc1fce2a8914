// SPDX-License-Identifier: Apache-2.0
//
// The same loop on the host itself, over raw io_uring: what is there to be had.
#pragma once

#include <string>

#include "blk/contender.hpp"
#include "blk/setting.hpp"
#include "blk/uring_disk.hpp"

namespace paravane::bench::blk {

class HostLoop final : public Contender {
  public:
    HostLoop(UringMode mode, const Setting &setting);

    [[nodiscard]] const std::string &name() const override { return name_; }
    [[nodiscard]] bool can(const Job &job) const override;
    // In a thread of its own, and a ring of its own: neither is there afterwards.
    [[nodiscard]] Result<Figures> run(const Job &job) override;

  private:
    UringMode mode_;
    Setting setting_;
    std::string name_;
};

} // namespace paravane::bench::blk
