// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/host_command.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

#include <fmt/core.h>
#include <unistd.h>

#include "backend/cli/host_json.hpp"
#include "backend/cli/host_report.hpp"
#include "backend/cli/host_text.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {
namespace {

struct Options {
    bool json = false;
    bool quick = false;
    std::string kvm_device = "/dev/kvm";
};

bool wants_colour()
{
    const char *refused = std::getenv("NO_COLOR");
    const char *terminal = std::getenv("TERM");

    return isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0') &&
           (terminal == nullptr || std::string_view(terminal) != "dumb");
}

int run(const Options &options)
{
    const HostReport report =
        make_host_report({.kvm_device = options.kvm_device, .quick = options.quick});
    const std::string text = options.json ? json_of(report) : text_of(report, wants_colour());

    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
        fmt::print(stderr, "paravane host: {}\n", system_problem("write the report").text);
        return output_failed;
    }
    return report.guests_run_under_kvm() ? 0 : 1;
}

} // namespace

Verb add_host_command(CLI::App &paravane)
{
    const auto options = std::make_shared<Options>();
    CLI::App *app = paravane.add_subcommand(
        "host", "Says what this host can do for guests and their devices, and why not.");

    app->footer("Exit status: 0 guests run under KVM, 1 they do not, 2 wrong usage, 3 the report\n"
                "could not be written. The manual page paravane-host(1) tells the rest.");
    app->add_flag("--json", options->json, "print it for programs: see paravane-host(1)");
    app->add_flag("--quick", options->quick, "leave out what each exit costs");
    app->add_option("--kvm-device", options->kvm_device, "try this device")
        ->envname("PARAVANE_KVM_DEVICE")
        ->type_name("PATH")
        ->capture_default_str();
    return {app, [options] { return run(*options); }};
}

} // namespace paravane::cli
