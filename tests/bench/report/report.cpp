// SPDX-License-Identifier: Apache-2.0
#include "report/report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace paravane::bench {

using nlohmann::json;

bool Report::any_missed() const
{
    return std::any_of(targets.begin(), targets.end(),
                       [](const Target &target) { return target.missed(); });
}

namespace {

json to_json(const Row &row)
{
    return {{"what", row.what},           {"configuration", row.configuration},
            {"unit", row.unit},           {"median", row.figure.median},
            {"min", row.figure.min},      {"max", row.figure.max},
            {"rounds", row.figure.rounds}};
}

json to_json(const Target &target)
{
    json value = nullptr;
    json met = nullptr;

    if (target.value.has_value()) {
        value = *target.value;
        met = target.met();
    }
    return {{"name", target.name}, {"value", value}, {"target", target.target}, {"met", met}};
}

} // namespace

json to_json(const Report &report)
{
    json rows = json::array();
    json targets = json::array();

    for (const Row &row : report.rows)
        rows.push_back(to_json(row));
    for (const Target &target : report.targets)
        targets.push_back(to_json(target));
    return {{"schema", schema},
            {"machine",
             {{"cpu", report.machine.cpu},
              {"cores", report.machine.cores},
              {"kernel", report.machine.kernel},
              {"hypervisor", report.machine.hypervisor},
              {"tsc_mhz", report.machine.tsc_mhz},
              {"memory", report.machine.memory},
              {"date", report.machine.date}}},
            {"build",
             {{"version", report.build.version},
              {"compiler", report.build.compiler},
              {"flags", report.build.flags},
              {"type", report.build.type}}},
            {"rows", std::move(rows)},
            {"targets", std::move(targets)}};
}

} // namespace paravane::bench
