// SPDX-License-Identifier: Apache-2.0
//
// The processors that a process may run on.
#pragma once

#include <string>
#include <vector>

#include "hypercall/host/result.hpp"

namespace paravane {

// None: all that its parent may use.
using Cores = std::vector<int>;

// What is wrong with the text; empty where it is a list such as 0,2-3 of processors that this process may use.
[[nodiscard]] std::string parse_cores(const std::string &text, Cores &cores);

// The calling thread, and what it starts meanwhile, runs on those alone. Once this is gone it runs where it did.
class OnCores {
  public:
    explicit OnCores(const Cores &cores);
    OnCores(const OnCores &) = delete;
    OnCores &operator=(const OnCores &) = delete;
    ~OnCores();

    // A processor may be taken out of service after its number was parsed.
    [[nodiscard]] const Result<void> &moved() const { return moved_; }

  private:
    Cores before_; // none: nothing was changed
    Result<void> moved_;
};

} // namespace paravane
