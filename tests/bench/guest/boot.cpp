// SPDX-License-Identifier: Apache-2.0
#include "guest/boot.hpp"

#include <chrono>

#include "guest/command.hpp"

namespace paravane::bench {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

} // namespace

Result<double> time_boot(const std::string &vehicle)
{
    const Clock::time_point start = Clock::now();
    Result<Command> command =
        Command::start({"paravane", "run", "--vehicle", vehicle, "--cmdline", "help"});
    if (!command)
        return command.error();
    const bool said = command->await_output();
    const double taken = milliseconds_since(start);

    (void)command->output();
    const int status = command->wait();
    if (!said || status != 0)
        return Problem{"paravane run --vehicle " + vehicle + " ended with status " +
                       std::to_string(status)};
    return taken;
}

Result<double> time_nothing()
{
    const Clock::time_point start = Clock::now();
    Result<Command> command = Command::start({"paravane", "--version"});
    if (!command)
        return command.error();
    if (const int status = command->wait(); status != 0)
        return Problem{"paravane --version ended with status " + std::to_string(status)};
    return milliseconds_since(start);
}

} // namespace paravane::bench
