// SPDX-License-Identifier: Apache-2.0
//
// Another project's program: started on the processors that it may use, stopped and let go on, and how much
// processor time its threads took. Killed with its owner.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::bench::blk {

// Where the search path has it; empty: nowhere.
[[nodiscard]] std::string find_program(const std::string &name);

class Program {
  public:
    // words[0] is its path. It finds copies of `inherited` as descriptors 3, 4, ...; `core` -1: any. What it
    // prints goes to `output`; -1: nowhere. Not yet stopped.
    [[nodiscard]] static Result<Program> start(const std::vector<std::string> &words,
                                               const std::vector<UniqueFd> &inherited, int core,
                                               int output = -1);
    Program() = default;
    Program(const Program &) = delete;
    Program &operator=(const Program &) = delete;
    Program(Program &&other) noexcept;
    Program &operator=(Program &&other) noexcept;
    ~Program();

    [[nodiscard]] pid_t pid() const { return pid_; }
    void stop() const;
    void go_on() const;
    // What it wrote to its standard error, shortened: why it does not run.
    [[nodiscard]] std::string complaint() const;

    struct Times {
        uint64_t front = 0; // ns, of the threads named
        uint64_t back = 0;  // of the others
    };
    // Processor time since it was started.
    [[nodiscard]] Times times(const std::set<pid_t> &front) const;

  private:
    pid_t pid_ = -1;
    UniqueFd errors_;
};

// ns of processor time that a thread took: 0 if there is no such thread any more.
[[nodiscard]] uint64_t processor_time(pid_t process, pid_t thread);
[[nodiscard]] std::vector<pid_t> threads_of(pid_t process);
[[nodiscard]] Result<void> pin_thread(pid_t thread, int core);

} // namespace paravane::bench::blk
