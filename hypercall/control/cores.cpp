// SPDX-License-Identifier: Apache-2.0
#include "hypercall/control/cores.hpp"

#include <algorithm>
#include <charconv>

#include <sched.h>

namespace paravane {

namespace {

Cores allowed_cores()
{
    Cores cores;
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return cores;
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(static_cast<unsigned int>(core), &set))
            cores.push_back(core);
    return cores;
}

Result<void> move_to(const Cores &cores)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (const int core : cores)
        CPU_SET(static_cast<unsigned int>(core), &set);
    if (sched_setaffinity(0, sizeof(set), &set) != 0)
        return system_problem("move to the processors asked for");
    return {};
}

// Where the number ends; null: there is none.
const char *read_core(const char *at, const char *end, int &core)
{
    const auto [rest, error] = std::from_chars(at, end, core);

    return error == std::errc() && core >= 0 && core < CPU_SETSIZE ? rest : nullptr;
}

// N or N-M, of which all are added.
bool read_range(const std::string &part, Cores &cores)
{
    const char *const end = part.data() + part.size();
    int first = 0;
    const char *at = read_core(part.data(), end, first);
    int last = first;

    if (at != nullptr && at != end && *at == '-')
        at = read_core(at + 1, end, last);
    if (at != end || last < first)
        return false;
    for (int core = first; core <= last; core++)
        cores.push_back(core);
    return true;
}

} // namespace

std::string parse_cores(const std::string &text, Cores &cores)
{
    const Cores allowed = allowed_cores();

    cores.clear();
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (!read_range(text.substr(at, end - at), cores))
            return "processors such as 0,2-3 are needed, not \"" + text + "\"";
        at = end + 1;
    }
    for (const int core : cores)
        if (std::find(allowed.begin(), allowed.end(), core) == allowed.end())
            return "processor " + std::to_string(core) + " is not there, or not ours to use";
    return {};
}

OnCores::OnCores(const Cores &cores)
{
    if (cores.empty())
        return;
    before_ = allowed_cores();
    moved_ = move_to(cores);
}

OnCores::~OnCores()
{
    if (!before_.empty())
        (void)move_to(before_);
}

} // namespace paravane
