// SPDX-License-Identifier: Apache-2.0
//
// A process of ours that serves one socket, which it finds as descriptor 3, and what else it inherits behind
// that. Killed with its owner.
#pragma once

#include <span>
#include <string>
#include <utility>

#include <sys/types.h>

#include "hypercall/control/cores.hpp"
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

    struct Surroundings {
        std::span<const int>
            inherited; // stay the caller's; they are the process's descriptors 4, 5, ...
        Cores cores;
    };
    [[nodiscard]] static Result<Child> start(const std::string &program, UniqueFd socket,
                                             const Surroundings &surroundings);
    [[nodiscard]] static Result<Child> start(const std::string &program, UniqueFd socket)
    {
        return start(program, std::move(socket), {});
    }

    // Becomes readable when the process has ended.
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] pid_t pid() const { return pid_; }
    // Waits for its end. The wait status, as of waitpid().
    int wait();
    void kill() const;
    // Kills it and does not wait for its end, which may not come as long as the kernel does I/O for it.
    void leave();

  private:
    pid_t pid_ = -1;
    UniqueFd descriptor_;
};

} // namespace paravane
