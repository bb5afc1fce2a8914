// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/disks.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include "backend/cli/disk_option.hpp"
#include "backend/cli/group_option.hpp"

namespace paravane::cli {

namespace {

using Groups = std::map<std::string, std::shared_ptr<SharedBudget>>;

Result<std::vector<DiskOption>> parse_disks(const std::vector<std::string> &texts)
{
    std::vector<DiskOption> options;

    if (texts.size() > disks_max)
        return Problem{"a guest has at most " + std::to_string(disks_max) + " disks"};
    for (const std::string &text : texts)
        if (const std::string wrong = parse_disk(text, options.emplace_back()); !wrong.empty())
            return Problem{wrong};
    return options;
}

// Each with a share for each of its disks.
Result<Groups> make_groups(const std::vector<std::string> &texts,
                           const std::vector<DiskOption> &disks, Limits &limits)
{
    Groups groups;

    for (const std::string &text : texts) {
        GroupOption option;
        if (const std::string wrong = parse_group(text, option); !wrong.empty())
            return Problem{wrong};
        const auto members = std::count_if(disks.begin(), disks.end(), [&](const DiskOption &disk) {
            return disk.group == option.name;
        });
        if (members == 0)
            return Problem{"group " + option.name + ": no disk is in it"};
        if (groups.contains(option.name))
            return Problem{"group " + option.name + " is there twice"};
        Result<SharedBudget> budget = SharedBudget::create(static_cast<uint32_t>(members));
        if (!budget)
            return budget.error();
        auto &group = groups[option.name];
        group = std::make_shared<SharedBudget>(std::move(*budget));
        limits.add("group." + option.name, option.rates, group);
    }
    return groups;
}

// Null: there is none of that name.
std::shared_ptr<SharedBudget> group_of(const Groups &groups, const std::string &wanted)
{
    for (const auto &[name, budget] : groups)
        if (name == wanted)
            return budget;
    return nullptr;
}

} // namespace

Result<Disks> open_disks(const DiskOptions &options)
{
    Disks made{{}, Limits(options.limits)};
    const Result<std::vector<DiskOption>> disks = parse_disks(options.disks);

    if (!disks)
        return disks.error();
    const Result<Groups> groups = make_groups(options.groups, *disks, made.limits);
    if (!groups)
        return groups.error();
    for (const DiskOption &option : *disks) {
        const std::string name = "disk." + std::to_string(made.disks.size());
        std::shared_ptr<SharedBudget> group = group_of(*groups, option.group);
        if (!option.group.empty() && !group)
            return Problem{name + ": there is no --group " + option.group};
        Result<Disk> opened = open_disk(option);
        if (!opened)
            return opened.error();
        Disk &disk = made.disks.emplace_back(std::move(*opened));
        disk.group = std::move(group);
        made.limits.add(name, option.rates, disk.budget);
    }
    if (Result<void> read = made.limits.read(); !read)
        return read.error();
    return made;
}

} // namespace paravane::cli
