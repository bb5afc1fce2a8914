// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/finding.hpp"

#include <algorithm>
#include <utility>

namespace paravane::probe {

std::string_view name_of(Answer answer)
{
    switch (answer) {
    case Answer::yes:
        return "yes";
    case Answer::partly:
        return "partly";
    case Answer::no:
        return "no";
    case Answer::untried:
        break;
    }
    return "untried";
}

Finding Finding::with_value(uint64_t number, std::string counts) &&
{
    value = number;
    unit = std::move(counts);
    return std::move(*this);
}

Finding yes(Subject subject, std::string detail)
{
    return {std::move(subject.id), std::move(subject.what), Answer::yes, std::move(detail), {}, {}};
}

Finding partly(Subject subject, std::string detail, Reason reason)
{
    return {std::move(subject.id), std::move(subject.what), Answer::partly,
            std::move(detail),     std::move(reason.why),   std::move(reason.advice)};
}

Finding no(Subject subject, Reason reason)
{
    return {std::move(subject.id), std::move(subject.what), Answer::no, {},
            std::move(reason.why), std::move(reason.advice)};
}

Finding untried(Subject subject, std::string why)
{
    return {
        std::move(subject.id), std::move(subject.what), Answer::untried, {}, std::move(why), {}};
}

const Finding *Section::find(std::string_view finding_id) const
{
    const auto found = std::find_if(findings.begin(), findings.end(),
                                    [&](const Finding &each) { return each.id == finding_id; });
    return found == findings.end() ? nullptr : &*found;
}

bool Section::says_yes(std::string_view finding_id) const
{
    const Finding *finding = find(finding_id);
    return finding != nullptr && finding->answer == Answer::yes;
}

} // namespace paravane::probe
