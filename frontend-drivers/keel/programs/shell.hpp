// SPDX-License-Identifier: Apache-2.0
//
// What the shell's commands see of it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/terminal.hpp"

namespace keel::program {

struct ShellCommand {
    std::string_view name;
    std::string_view usage; // of its arguments
    std::string_view help;
    std::size_t least; // how many arguments
    std::size_t most;
    // The guest's exit status, for a command that ends the shell.
    std::optional<uint32_t> (*run)(Terminal &terminal, Words arguments);
};

[[nodiscard]] std::span<const ShellCommand> shell_commands();

} // namespace keel::program
