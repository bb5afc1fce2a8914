// SPDX-License-Identifier: Apache-2.0
//
// What every benchmark of the project hands in: rows and targets. One form for all of them, as JSON
// for programs and as a table for people.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "report/machine.hpp"
#include "report/statistics.hpp"

namespace paravane::bench {

inline constexpr unsigned int schema = 1;

struct Row {
    std::string what;
    std::string configuration;
    std::string unit;
    Summary figure;
};

// A promise: `value` is to be at least `target`, a ratio for instance. Without a value it was not
// measured here, which is neither met nor missed.
struct Target {
    std::string name;
    std::optional<double> value;
    double target = 0;

    [[nodiscard]] bool met() const { return value.has_value() && *value >= target; }
    [[nodiscard]] bool missed() const { return value.has_value() && *value < target; }
};

struct Report {
    Machine machine;
    Build build;
    std::vector<Row> rows;
    std::vector<Target> targets;

    void add(std::string what, std::string configuration, std::string unit,
             std::span<const double> values)
    {
        rows.push_back(
            {std::move(what), std::move(configuration), std::move(unit), summarise(values)});
    }
    [[nodiscard]] bool any_missed() const;
};

// The document. `value` and `met` are null for a target that was not measured.
[[nodiscard]] nlohmann::json to_json(const Report &report);

// What is wrong with a document, one line a fault; empty when it keeps the form.
[[nodiscard]] std::vector<std::string> form_faults(const nlohmann::json &document);

// Rows under a heading for each `what`, then the targets with met, NOT MET or not measured.
void print_table(std::ostream &out, const Report &report);

// One line of the machine and one of the build, for the head of a program's output.
void print_machine(std::ostream &out, const Machine &machine, const Build &build);

} // namespace paravane::bench
