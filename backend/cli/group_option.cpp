// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/group_option.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "backend/cli/parts.hpp"

namespace paravane::cli {

namespace {

bool may_be_in_a_name(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
}

std::string parse_parts(const std::vector<std::string> &parts, GroupOption &option)
{
    std::set<std::string> seen;

    option.name = parts.front();
    if (std::string wrong = check_group_name(option.name); !wrong.empty())
        return wrong;
    for (std::size_t part = 1; part < parts.size(); part++) {
        const std::string &text = parts[part];
        const std::size_t sign = text.find('=');
        const std::string key = text.substr(0, sign);

        if (sign == std::string::npos ||
            std::find(rate_keys.begin(), rate_keys.end(), key) == rate_keys.end())
            return "\"" + text + "\" is none of iops=N, bps=N, burst=MS";
        if (!seen.insert(key).second)
            return "\"" + key + "\" is there twice";
        if (std::string wrong = parse_rate(key, text.substr(sign + 1), option.rates);
            !wrong.empty())
            return "\"" + text + "\": " + wrong;
    }
    return check_rates(option.rates);
}

} // namespace

std::string check_group_name(const std::string &name)
{
    if (name.empty() || name.size() > group_name_max ||
        !std::all_of(name.begin(), name.end(), may_be_in_a_name))
        return "the name of a group is 1 to " + std::to_string(group_name_max) +
               " letters, digits, - and _";
    return {};
}

std::string parse_group(const std::string &text, GroupOption &option)
{
    option = {};
    const std::string wrong = parse_parts(parts_of(text), option);

    return wrong.empty() ? wrong : "group " + text + ": " + wrong;
}

} // namespace paravane::cli
