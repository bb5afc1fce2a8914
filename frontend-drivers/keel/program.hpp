// SPDX-License-Identifier: Apache-2.0
//
// The built-in programs. The command line's first word chooses one; a new one is a line in program.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "frontend-drivers/keel/command_line.hpp"

namespace keel {

struct Program {
    std::string_view name;
    std::string_view usage; // of its arguments
    std::string_view help;
    // Runs on the first vCPU. The result is the guest's exit status, 0 to 255.
    uint32_t (*run)(Words arguments);
};

// Of whoever used a program wrongly.
constexpr uint32_t status_wrong_usage = 2;

[[nodiscard]] std::span<const Program> programs();
// Chooses one and runs it.
[[nodiscard]] uint32_t run_program(Words command_line);

namespace program {

uint32_t bench(Words arguments);
uint32_t blkbench(Words arguments);
uint32_t blkcheck(Words arguments);
uint32_t blkinfo(Words arguments);
uint32_t console_count(Words arguments);
uint32_t console_echo(Words arguments);
uint32_t console_hostile(Words arguments);
uint32_t console_terms(Words arguments);
uint32_t exit(Words arguments);
uint32_t help(Words arguments);
uint32_t panic(Words arguments);
uint32_t random(Words arguments);
uint32_t selftest(Words arguments);
uint32_t shell(Words arguments);
uint32_t show(Words arguments);
uint32_t spin(Words arguments);
uint32_t store(Words arguments);
uint32_t store_hostile(Words arguments);
uint32_t storm(Words arguments);
uint32_t wait(Words arguments);

} // namespace program

} // namespace keel
