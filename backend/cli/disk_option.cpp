// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/disk_option.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <vector>

#include "backend/cli/group_option.hpp"
#include "backend/cli/parts.hpp"
#include "backend/cli/size.hpp"

namespace paravane::cli {

namespace {

constexpr std::string_view memory_prefix = "mem:";
constexpr std::string_view null_prefix = "null:";

std::string parse_place(const std::string &place, DiskOption &option)
{
    std::string_view prefix;

    option.medium = blk::Medium::file;
    if (place.compare(0, memory_prefix.size(), memory_prefix) == 0) {
        option.medium = blk::Medium::memory;
        prefix = memory_prefix;
    } else if (place.compare(0, null_prefix.size(), null_prefix) == 0) {
        option.medium = blk::Medium::null;
        prefix = null_prefix;
    } else if (place.empty()) {
        return "a path is missing";
    } else {
        option.path = place;
        return {};
    }
    return parse_size(place.substr(prefix.size()), option.bytes);
}

std::string parse_serial(const std::string &value, DiskOption &option)
{
    const bool shows = std::all_of(value.begin(), value.end(),
                                   [](char letter) { return letter > ' ' && letter <= '~'; });

    if (value.empty() || value.size() > PV_BLK_SERIAL_BYTES || !shows)
        return "1 to " + std::to_string(PV_BLK_SERIAL_BYTES) +
               " letters, digits and signs of ASCII are needed";
    option.settings.serial = value;
    return {};
}

std::string parse_queues(const std::string &value, DiskOption &option)
{
    uint64_t number = 0;
    std::string wrong = parse_number(value, 1, PV_BLK_QUEUES_LIMIT, number);

    option.settings.queues_max = static_cast<uint32_t>(number);
    return wrong;
}

std::string parse_depth(const std::string &value, DiskOption &option)
{
    uint64_t number = 0;

    if (!parse_number(value, PV_RING_SLOTS_MIN, PV_RING_SLOTS_MAX, number).empty() ||
        !pv_is_power_of_two(static_cast<uint32_t>(number)))
        return "a power of two from " + std::to_string(PV_RING_SLOTS_MIN) + " to " +
               std::to_string(PV_RING_SLOTS_MAX) + " is needed";
    option.settings.depth_max = static_cast<uint32_t>(number);
    return {};
}

std::string parse_cache(const std::string &value, DiskOption &option)
{
    if (value != "direct" && value != "buffered")
        return "direct or buffered is needed";
    option.cache = value == "direct" ? DiskFile::Cache::direct : DiskFile::Cache::buffered;
    return {};
}

template <std::size_t key> std::string parse_rate_of(const std::string &value, DiskOption &option)
{
    return parse_rate(rate_keys[key], value, option.rates);
}

std::string parse_group_name(const std::string &value, DiskOption &option)
{
    option.group = value;
    return check_group_name(value);
}

std::string parse_core(const std::string &value, DiskOption &option)
{
    return parse_cores(value, option.settings.cores);
}

std::string parse_ro(const std::string & /*value*/, DiskOption &option)
{
    option.access = DiskFile::Access::read;
    return {};
}

// A backend never has more of the guest's memory than its arena, so what is asked for is so already.
std::string parse_isolate(const std::string & /*value*/, DiskOption & /*option*/)
{
    return {};
}

struct Key {
    std::string_view name;
    bool has_value;
    std::string (*parse)(const std::string &value, DiskOption &option);
};

constexpr std::array keys = {
    Key{"ro", false, parse_ro},
    Key{"serial", true, parse_serial},
    Key{"queues", true, parse_queues},
    Key{"depth", true, parse_depth},
    Key{"cache", true, parse_cache},
    Key{rate_keys[0], true, parse_rate_of<0>},
    Key{rate_keys[1], true, parse_rate_of<1>},
    Key{rate_keys[2], true, parse_rate_of<2>},
    Key{"group", true, parse_group_name},
    Key{"core", true, parse_core},
    Key{"isolate", false, parse_isolate},
};

// `part` is of the form NAME or NAME=VALUE; its name joins `seen`.
std::string parse_part(const std::string &part, DiskOption &option, std::set<std::string> &seen)
{
    const std::size_t sign = part.find('=');
    const std::string name = part.substr(0, sign);
    const auto *const key =
        std::find_if(keys.begin(), keys.end(), [&](const Key &one) { return one.name == name; });

    if (key == keys.end() || key->has_value != (sign != std::string::npos))
        return "\"" + part + "\" is none of ro, serial=TEXT, queues=N, depth=N, cache=direct, " +
               "cache=buffered, iops=N, bps=N, burst=MS, group=NAME, core=N, isolate";
    if (!seen.insert(name).second)
        return "\"" + name + "\" is there twice";
    const std::string wrong =
        key->parse(key->has_value ? part.substr(sign + 1) : std::string(), option);
    return wrong.empty() ? wrong : "\"" + part + "\": " + wrong;
}

std::string parse_parts(const std::vector<std::string> &parts, DiskOption &option)
{
    std::set<std::string> seen;

    if (std::string wrong = parse_place(parts.front(), option); !wrong.empty())
        return wrong;
    for (std::size_t part = 1; part < parts.size(); part++)
        if (std::string wrong = parse_part(parts[part], option, seen); !wrong.empty())
            return wrong;
    if (seen.contains("cache") && option.medium != blk::Medium::file)
        return "only a file has a cache";
    return check_rates(option.rates);
}

} // namespace

std::string parse_disk(const std::string &text, DiskOption &option)
{
    option = {};
    const std::string wrong = parse_parts(parts_of(text), option);

    return wrong.empty() ? wrong : "disk " + text + ": " + wrong;
}

Result<Disk> open_disk(const DiskOption &option)
{
    Result<DiskFile> file = option.medium == blk::Medium::file
                                ? DiskFile::open(option.path, option.access, option.cache)
                            : option.medium == blk::Medium::memory
                                ? DiskFile::in_memory(option.bytes, option.access)
                                : DiskFile::nowhere(option.bytes, option.access);
    if (!file)
        return file.error();
    Result<SharedBudget> budget = SharedBudget::create(1);
    if (!budget)
        return budget.error();
    return Disk{std::make_shared<DiskFile>(std::move(*file)), option.settings,
                std::make_shared<SharedBudget>(std::move(*budget)), nullptr};
}

} // namespace paravane::cli
