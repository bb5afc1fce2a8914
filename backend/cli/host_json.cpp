// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/host_json.hpp"

#include <nlohmann/json.hpp>

namespace paravane::cli {
namespace {

using Json = nlohmann::ordered_json;

void add_text(Json &object, const char *key, const std::string &text)
{
    if (!text.empty())
        object[key] = text;
}

Json json_of_finding(const probe::Finding &finding)
{
    Json object = {{"id", finding.id}, {"what", finding.what}, {"answer", name_of(finding.answer)}};

    add_text(object, "detail", finding.detail);
    add_text(object, "why", finding.why);
    add_text(object, "advice", finding.advice);
    if (finding.value) {
        object["value"] = *finding.value;
        object["unit"] = finding.unit;
    }
    return object;
}

Json json_of_section(const probe::Section &section)
{
    Json findings = Json::array();

    for (const probe::Finding &finding : section.findings)
        findings.push_back(json_of_finding(finding));
    return {{"id", section.id}, {"title", section.title}, {"findings", findings}};
}

Json json_of_cost(const probe::Cost &cost)
{
    Json object = {{"id", cost.id}, {"what", cost.what}, {"measured", cost.spread.has_value()}};

    if (cost.spread) {
        object["unit"] = "ns";
        object["median"] = cost.spread->median;
        object["least"] = cost.spread->least;
        object["most"] = cost.spread->most;
        object["rounds"] = cost.spread->rounds;
    }
    add_text(object, "why", cost.why);
    return object;
}

} // namespace

std::string json_of(const HostReport &report)
{
    Json sections = Json::array(), costs = Json::array();

    for (const probe::Section &section : report.sections)
        sections.push_back(json_of_section(section));
    for (const probe::Cost &cost : report.costs)
        costs.push_back(json_of_cost(cost));
    const Json document = {{"schema", "paravane-host"},
                           {"version", host_schema_version},
                           {"paravane", PARAVANE_VERSION},
                           {"kvm", report.guests_run_under_kvm()},
                           {"quick", report.quick},
                           {"sections", sections},
                           {"costs", costs}};
    // What a kernel or a file name says need not be UTF-8.
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace paravane::cli
