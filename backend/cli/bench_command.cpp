// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/bench_command.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "hypercall/control/child.hpp"

namespace paravane::cli {

namespace {

constexpr std::array<const char *, 4> names = {"blk", "guest", "ring", "store"};

int complain(const std::string &what)
{
    fmt::print(stderr, "paravane bench: {} (--help tells more)\n", what);
    return wrong_usage;
}

// The benchmark takes the place of this process, with what else is on the command line.
int run(const std::vector<std::string> &words)
{
    if (words.empty())
        return complain("a benchmark is missing: blk, guest, ring or store");
    if (std::find(names.begin(), names.end(), words[0]) == names.end())
        return complain("no benchmark \"" + words[0] + "\": blk, guest, ring or store");
    std::string program = program_beside("paravane-" + words[0] + "-bench");
    std::vector<std::string> copies(words);
    std::vector<char *> arguments = {program.data()};
    for (std::size_t word = 1; word < copies.size(); word++)
        arguments.push_back(copies[word].data());
    arguments.push_back(nullptr);
    execv(program.c_str(), arguments.data());
    return complain(system_problem("start " + program).text);
}

} // namespace

Verb add_bench_command(CLI::App &app)
{
    CLI::App *verb =
        app.add_subcommand("bench", "measure: blk, guest, ring or store, and its options");

    // What follows is the benchmark's to understand.
    verb->prefix_command();
    verb->set_help_flag();
    return {verb, [verb] { return run(verb->remaining()); }};
}

} // namespace paravane::cli
