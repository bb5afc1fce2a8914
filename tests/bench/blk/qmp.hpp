// SPDX-License-Identifier: Apache-2.0
//
// QEMU's control socket.
#pragma once

#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <sys/types.h>

#include "blk/line_socket.hpp"

namespace paravane::bench::blk {

class Qmp {
  public:
    Qmp() = default;
    explicit Qmp(LineSocket socket) : socket_(std::move(socket)) {}

    // Once, before all else.
    [[nodiscard]] Result<void> greet();
    [[nodiscard]] Result<std::vector<pid_t>> vcpu_threads();

  private:
    // `returned` becomes what the command returns.
    [[nodiscard]] Result<void> execute(const nlohmann::json &command, nlohmann::json &returned);

    LineSocket socket_;
};

} // namespace paravane::bench::blk
