// SPDX-License-Identifier: Apache-2.0
//
// A program of ours run as users run it, with its standard output at hand.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::bench {

class Command {
  public:
    // words[0]: one that lies beside this program.
    [[nodiscard]] static Result<Command> start(const std::vector<std::string> &words);
    Command(Command &&other) noexcept;
    Command &operator=(Command &&other) = delete;
    Command(const Command &) = delete;
    Command &operator=(const Command &) = delete;
    // Kills it, should it still run.
    ~Command();

    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits for the first bytes of its output: false if there are none.
    [[nodiscard]] bool await_output();
    // All of its output, when it has ended.
    [[nodiscard]] std::string output();
    // Waits for its end; its exit status, or 128 + the signal.
    int wait();

  private:
    Command(pid_t pid, UniqueFd reading) : pid_(pid), reading_(std::move(reading)) {}

    pid_t pid_;
    UniqueFd reading_;
    std::string text_;
};

} // namespace paravane::bench
