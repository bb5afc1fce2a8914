// SPDX-License-Identifier: Apache-2.0
//
// ring_explorer [option ...] [scenario ...]: runs the scenarios named, or all.
//   --list       names them instead, each with the wrong headers that it is there to catch
//   --complete   runs nothing: are the names given all that there are?
//   --rc11       does without prophecy everywhere
//   --unsettled  does not believe settle(): slow, to see by hand that it changes nothing
// Exit status: 0 all hold; 1 a property does not hold, or a scenario did not reach what it is about;
// 2 wrong names; 77 skipped.
#include <cstdio>
#include <cstring>

#include "world.hpp"

namespace {
using namespace paravane::explorer;
using namespace paravane::explorer::rings;

struct Arguments {
    bool list = false;
    bool complete = false;
    bool rc11 = false;
    bool unsettled = false;
    std::vector<const char *> names;

    bool want(const char *name) const
    {
        bool named = names.empty();
        for (const char *other : names)
            named = named || std::strcmp(name, other) == 0;
        return named;
    }
};

Arguments parse(int count, char **arguments)
{
    Arguments parsed;
    for (int at = 1; at < count; at++) {
        const char *word = arguments[at];
        if (std::strcmp(word, "--list") == 0)
            parsed.list = true;
        else if (std::strcmp(word, "--complete") == 0)
            parsed.complete = true;
        else if (std::strcmp(word, "--rc11") == 0)
            parsed.rc11 = true;
        else if (std::strcmp(word, "--unsettled") == 0)
            parsed.unsettled = true;
        else
            parsed.names.push_back(word);
    }
    return parsed;
}

std::vector<const Scenario *> all_scenarios()
{
    std::vector<const Scenario *> all;
    for (const auto *table :
         {&transfer_scenarios(), &sleep_scenarios(), &close_scenarios(), &reconnect_scenarios(),
          &queue_scenarios(), &stream_scenarios(), &hostile_scenarios()}) {
        for (const Scenario &scenario : *table)
            all.push_back(&scenario);
    }
    return all;
}

bool run(const Scenario &scenario, const Arguments &arguments)
{
    Program program;
    scenario.build(program);
    Options options;
    options.prophecy = scenario.prophecy && !arguments.rc11;
    options.settle = !arguments.unsettled;
    options.rewriting = scenario.rewriting;
    options.step_bound = 600;
    collect_marks();
    const Result result = explore(program, options);
    const std::uint32_t missing = scenario.must_reach & ~collect_marks();
    if (result.violated) {
        for (const std::string &line : result.trace)
            std::printf("  %s\n", line.c_str());
        std::printf("FAIL %s: %s\n", scenario.name, result.violation.c_str());
        return false;
    }
    if (missing != 0) {
        std::printf("FAIL %s: no execution reached marks %#x\n", scenario.name, missing);
        return false;
    }
    for (const char *property : scenario.properties)
        std::printf("property: %s (%s) explored %llu executions, %llu states\n", property,
                    scenario.name, static_cast<unsigned long long>(result.executions),
                    static_cast<unsigned long long>(result.states));
    std::printf("     %s%s: %llu executions, %llu pruned, %llu discarded, %llu rounds, %.2f s\n",
                scenario.name, options.prophecy ? "" : " (RC11)",
                static_cast<unsigned long long>(result.executions),
                static_cast<unsigned long long>(result.pruned),
                static_cast<unsigned long long>(result.discarded),
                static_cast<unsigned long long>(result.rounds), result.seconds);
    return true;
}
} // namespace

int main(int count, char **words)
{
    if (const char *why = unavailable(); why != nullptr) {
        std::printf("SKIP: %s\n", why);
        return 77;
    }
    const Arguments arguments = parse(count, words);
    const std::vector<const Scenario *> all = all_scenarios();
    std::vector<const Scenario *> wanted;
    for (const Scenario *scenario : all) {
        if (arguments.want(scenario->name))
            wanted.push_back(scenario);
    }
    if (wanted.size() < (arguments.complete ? all.size() : arguments.names.size())) {
        std::fprintf(stderr, "ring_explorer: %s (--list names them)\n",
                     arguments.complete ? "scenarios are missing" : "no such scenario");
        return 2;
    }
    if (arguments.complete)
        return arguments.names.size() == all.size() ? 0 : 2;
    unsigned failed = 0;
    std::size_t properties = 0;
    for (const Scenario *scenario : wanted) {
        if (arguments.list) {
            std::printf("%-24s catches: %s\n", scenario->name, scenario->catches);
            continue;
        }
        properties += scenario->properties.size();
        failed += run(*scenario, arguments) ? 0U : 1U;
        std::fflush(stdout);
    }
    if (!arguments.list)
        std::printf("%zu scenarios, %zu properties, %u failed\n", wanted.size(), properties,
                    failed);
    return failed == 0 ? 0 : 1;
}
