// SPDX-License-Identifier: Apache-2.0
#include "ring/cores.hpp"

#include <algorithm>
#include <fstream>
#include <vector>

#include <sched.h>

#include <fmt/format.h>

namespace paravane::bench {
namespace {

std::vector<int> allowed_cores()
{
    std::vector<int> cores;
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return cores;
    for (unsigned int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &set))
            cores.push_back(static_cast<int>(core));
    return cores;
}

int topology(int core, const char *file)
{
    std::ifstream text(fmt::format("/sys/devices/system/cpu/cpu{}/topology/{}", core, file));
    int value = -1;

    text >> value;
    return text ? value : -1;
}

bool are_siblings(int a, int b)
{
    const int core = topology(a, "core_id");

    return core >= 0 && core == topology(b, "core_id") &&
           topology(a, "physical_package_id") == topology(b, "physical_package_id");
}

} // namespace

bool pin_to(int core)
{
    cpu_set_t set;

    if (core < 0 || core >= CPU_SETSIZE)
        return false;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned int>(core), &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0;
}

std::optional<Cores> choose_cores(std::optional<std::pair<int, int>> asked, std::string &error)
{
    const std::vector<int> allowed = allowed_cores();
    const auto may_use = [&](int core) {
        return std::find(allowed.begin(), allowed.end(), core) != allowed.end();
    };

    if (allowed.size() < 2) {
        error = fmt::format("needs two processors, one for each process; this one may use {}",
                            allowed.size());
        return std::nullopt;
    }
    if (asked) {
        const auto [a, b] = *asked;
        if (a == b || !may_use(a) || !may_use(b)) {
            error =
                fmt::format("cores {} and {}: not two processors that this process may use", a, b);
            return std::nullopt;
        }
        return Cores{a, b, are_siblings(a, b)};
    }
    for (const int other : allowed)
        if (other != allowed[0] && !are_siblings(allowed[0], other))
            return Cores{allowed[0], other, false};
    return Cores{allowed[0], allowed[1], true};
}

} // namespace paravane::bench
