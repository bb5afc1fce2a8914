// SPDX-License-Identifier: Apache-2.0
//
// paravane: the command. Only finds the verb; each verb documents its exit status in its manual page.
#include <array>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include "backend/cli/bench_command.hpp"
#include "backend/cli/host_command.hpp"
#include "backend/cli/run_command.hpp"
#include "backend/cli/verb.hpp"

namespace paravane::cli {
namespace {

int complain(const std::string &what)
{
    fmt::print(stderr, "{} (--help tells more)\n", what);
    return wrong_usage;
}

int dispatch(int argc, char **argv)
{
    CLI::App app{"Paravane: guests with split drivers over shared-memory rings.", "paravane"};
    app.set_version_flag("--version", "paravane " PARAVANE_VERSION);
    const std::array verbs = {add_bench_command(app), add_host_command(app), add_run_command(app)};

    const auto name_of_chosen = [&] {
        for (const Verb &verb : verbs) {
            if (verb.app->parsed())
                return "paravane " + verb.app->get_name();
        }
        return std::string("paravane");
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &problem) {
        if (problem.get_exit_code() == 0)
            return app.exit(problem); // --help, --version
        return complain(name_of_chosen() + ": " + problem.what());
    }
    for (const Verb &verb : verbs) {
        if (verb.app->parsed())
            return verb.run();
    }
    std::string names;
    for (const Verb &verb : verbs)
        names += (names.empty() ? "" : ", ") + verb.app->get_name();
    return complain("paravane: a verb is missing, one of: " + names);
}

} // namespace
} // namespace paravane::cli

int main(int argc, char **argv)
{
    return paravane::cli::dispatch(argc, argv);
}
