// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/limits.hpp"

#include "backend/cli/limits_file.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::cli {

void Limits::add(const std::string &name, const RateWords &words,
                 std::shared_ptr<SharedBudget> budget)
{
    all_.push_back({name, words, std::move(budget)});
    names_.insert(name);
}

Result<void> Limits::read() const
{
    NamedRates of_file;

    if (!file_.empty()) {
        Result<NamedRates> read = read_limits(file_, names_);
        if (!read)
            return Problem{"limits " + read.error().text};
        of_file = std::move(*read);
    }
    const uint64_t now = clock_now();
    for (const Limited &one : all_)
        one.budget->limit(of_file[one.name].over(one.words).rates(), now);
    return {};
}

} // namespace paravane::cli
