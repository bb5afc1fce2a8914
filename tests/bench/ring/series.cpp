// SPDX-License-Identifier: Apache-2.0
#include "ring/series.hpp"

#include <algorithm>

namespace paravane::bench {

Series::Line &Series::line(const std::string &what, const std::string &configuration,
                           const std::string &unit)
{
    auto place = lines_.end();

    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
        if (line->what != what)
            continue;
        if (line->configuration == configuration)
            return *line;
        place = line + 1;
    }
    return *lines_.insert(place, {what, configuration, unit, {}});
}

void Series::declare(const std::string &what, const std::string &configuration,
                     const std::string &unit)
{
    line(what, configuration, unit);
}

void Series::add(const std::string &what, const std::string &configuration, const std::string &unit,
                 double value)
{
    line(what, configuration, unit).values.push_back(value);
}

std::vector<double> Series::values(const std::string &what, const std::string &configuration) const
{
    const auto line = std::find_if(lines_.begin(), lines_.end(), [&](const Line &candidate) {
        return candidate.what == what && candidate.configuration == configuration;
    });

    return line == lines_.end() ? std::vector<double>{} : line->values;
}

std::vector<Row> Series::rows() const
{
    std::vector<Row> rows;

    rows.reserve(lines_.size());
    for (const Line &line : lines_)
        if (!line.values.empty())
            rows.push_back({line.what, line.configuration, line.unit, summarise(line.values)});
    return rows;
}

} // namespace paravane::bench
