// SPDX-License-Identifier: Apache-2.0
//
// A process of ours that serves one socket, which it finds as descriptor 3. Killed with its owner.
#pragma once

#include <string>

#include <sys/types.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

// The program beside the one that runs: paravane-domain lies where paravane does.
[[nodiscard]] std::string program_beside(const std::string &name);

// In words, of a wait status.
[[nodiscard]] std::string how_it_ended(int status);

class Child {
  public:
    Child() = default;
    Child(const Child &) = delete;
    Child &operator=(const Child &) = delete;
    Child(Child &&other) noexcept;
    Child &operator=(Child &&other) noexcept;
    // Kills it, if it still runs, and waits for its end.
    ~Child();

    [[nodiscard]] static Result<Child> start(const std::string &program, UniqueFd socket);

    // Becomes readable when the process has ended.
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits for its end. The wait status, as of waitpid().
    int wait();
    void kill() const;

  private:
    pid_t pid_ = -1;
    UniqueFd descriptor_;
};

} // namespace paravane
