// SPDX-License-Identifier: Apache-2.0
//
// A verb of the command: what its command line looks like, and what it does. Each verb has a file pair of
// its own with one function that adds it to the application.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace paravane::cli {

// Exit statuses that all verbs share.
constexpr int wrong_usage = 2;
constexpr int output_failed = 3;

struct Verb {
    // Owned by the application.
    CLI::App *app = nullptr;
    // Called once its command line was understood; returns the exit status.
    std::function<int()> run;
};

} // namespace paravane::cli
