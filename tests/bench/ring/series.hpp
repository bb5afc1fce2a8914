// SPDX-License-Identifier: Apache-2.0
//
// The rounds' values under the names that they will have as rows.
#pragma once

#include <string>
#include <vector>

#include "report/report.hpp"

namespace paravane::bench {

class Series {
  public:
    // A row's place: after those declared, or added, before it. It is left out while it has no value.
    void declare(const std::string &what, const std::string &configuration,
                 const std::string &unit);

    // One round's value. Rows of one `what` stand together.
    void add(const std::string &what, const std::string &configuration, const std::string &unit,
             double value);

    // Every value of a row so far, in the order of the rounds.
    [[nodiscard]] std::vector<double> values(const std::string &what,
                                             const std::string &configuration) const;

    [[nodiscard]] std::vector<Row> rows() const;

  private:
    struct Line {
        std::string what;
        std::string configuration;
        std::string unit;
        std::vector<double> values;
    };
    Line &line(const std::string &what, const std::string &configuration, const std::string &unit);

    std::vector<Line> lines_;
};

} // namespace paravane::bench
