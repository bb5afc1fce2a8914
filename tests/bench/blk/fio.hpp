// SPDX-License-Identifier: Apache-2.0
//
// fio on the host: what people know, beside our own loop.
#pragma once

#include <memory>
#include <string>

#include "blk/contender.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

class Fio final : public Contender {
  public:
    // A Problem: there is none, or no medium for it.
    [[nodiscard]] static Result<std::unique_ptr<Fio>> start(const Setting &setting);
    static constexpr const char *its_name = "fio, io_uring";

    [[nodiscard]] const std::string &name() const override { return name_; }
    [[nodiscard]] bool can(const Job & /*job*/) const override { return true; }
    [[nodiscard]] Result<Figures> run(const Job &job) override;

  private:
    Fio(const Setting &setting, std::string program)
        : setting_(setting), program_(std::move(program))
    {
    }

    Setting setting_;
    std::string program_;
    std::string name_ = its_name;
};

} // namespace paravane::bench::blk
