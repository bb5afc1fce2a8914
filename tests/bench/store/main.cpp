// SPDX-License-Identifier: Apache-2.0
//
// paravane-store-bench: what an operation of the store costs as the store grows.
#include <exception>
#include <iostream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "report/json_file.hpp"
#include "report/report.hpp"
#include "store/options.hpp"
#include "store/suite.hpp"

namespace paravane::bench {
namespace {

int fail(const std::string &why, int status)
{
    fmt::print(std::cerr, "paravane-store-bench: {}\n", why);
    return status;
}

int run(const StoreOptions &options)
{
    JsonFile file;
    Report report;

    if (!options.json.empty()) {
        const std::string error = file.open(options.json);
        if (!error.empty())
            return fail(error, store_status_usage);
    }
    report.machine = this_machine();
    report.build = this_build();
    print_machine(std::cout, report.machine, report.build);
    std::cout.flush();
    std::string error = run_store_suite(options, report);
    if (!error.empty())
        return fail(error, store_status_failed);
    print_table(std::cout, report);
    if (file.is_open()) {
        error = file.write(report);
        if (!error.empty())
            return fail(error, store_status_failed);
    }
    return options.strict && report.any_missed() ? store_status_failed : store_status_measured;
}

} // namespace
} // namespace paravane::bench

int main(int count, char **words)
{
    using namespace paravane::bench;

    const ParsedStoreOptions parsed = parse_store_options(count, words);
    if (parsed.status)
        return *parsed.status;
    try {
        return run(parsed.options);
    } catch (const std::exception &error) {
        return fail(error.what(), store_status_failed);
    }
}
