// SPDX-License-Identifier: Apache-2.0
//
// All rates of a guest: by its command line, and over that by a file, which is read again when somebody asks
// for it.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backend/cli/rates.hpp"
#include "backend/engine/shared_budget.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {

class Limits {
  public:
    // `file` is empty: there is none.
    explicit Limits(std::string file = {}) : file_(std::move(file)) {}

    // `name` is as in the file, `words` those of the command line.
    void add(const std::string &name, const RateWords &words, std::shared_ptr<SharedBudget> budget);
    // Reads the file, and has all rates hold from now on. A Problem: they stay as they are.
    [[nodiscard]] Result<void> read() const;

  private:
    struct Limited {
        std::string name;
        RateWords words;
        std::shared_ptr<SharedBudget> budget;
    };

    std::string file_;
    std::vector<Limited> all_;
    std::set<std::string, std::less<>> names_;
};

} // namespace paravane::cli
