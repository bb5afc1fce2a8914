// SPDX-License-Identifier: Apache-2.0
//
// What a probe says of one thing of this host. Every finding is of something that was tried or read just
// now; what was not tried says so, and why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace paravane::probe {

enum class Answer { yes, partly, no, untried };

[[nodiscard]] std::string_view name_of(Answer answer);

struct Finding {
    // Stable, for programs: documented in paravane-host(1).
    std::string id;
    std::string what;
    Answer answer = Answer::untried;
    // What was seen; may be empty.
    std::string detail;
    // Empty if and only if the answer is yes.
    std::string why;
    // What a person can do about it; empty where nothing helps.
    std::string advice;
    // The number behind the detail, where there is one, and what it counts.
    std::optional<uint64_t> value = std::nullopt;
    std::string unit = {};

    [[nodiscard]] Finding with_value(uint64_t number, std::string counts) &&;
};

// Why something is missing, and what to do about it.
struct Reason {
    std::string why;
    std::string advice = {};
};

struct Subject {
    std::string id;
    std::string what;
};

[[nodiscard]] Finding yes(Subject subject, std::string detail);
[[nodiscard]] Finding partly(Subject subject, std::string detail, Reason reason);
[[nodiscard]] Finding no(Subject subject, Reason reason);
[[nodiscard]] Finding untried(Subject subject, std::string why);

struct Section {
    std::string id;
    std::string title;
    std::vector<Finding> findings;

    // The finding with that id: nullptr if there is none.
    [[nodiscard]] const Finding *find(std::string_view finding_id) const;
    [[nodiscard]] bool says_yes(std::string_view finding_id) const;
};

} // namespace paravane::probe
