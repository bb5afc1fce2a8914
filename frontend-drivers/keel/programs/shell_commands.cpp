// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/panic.hpp"
#include "frontend-drivers/keel/programs/shell.hpp"
#include "frontend-drivers/keel/smp.hpp"
#include "frontend-drivers/keel/suspend.hpp"
#include "frontend-drivers/store/client.hpp"
#include "frontend-drivers/store/listing.hpp"

namespace keel::program {

namespace {

using Status = std::optional<uint32_t>;

constexpr std::size_t any = SIZE_MAX;
constexpr uint64_t flood_max = uint64_t{1} << 40;
constexpr uint32_t status_max = 255;

Status help(Terminal &terminal, Words /*arguments*/)
{
    for (const ShellCommand &command : shell_commands())
        say(terminal, "  {}{}{}: {}", command.name, command.usage.empty() ? "" : " ", command.usage,
            command.help);
    return {};
}

Status echo(Terminal &terminal, Words arguments)
{
    std::string_view space;

    for (const std::string_view word : arguments) {
        terminal.put(space);
        terminal.put(word);
        space = " ";
    }
    terminal.put("\n");
    return {};
}

void list(Terminal &terminal, std::string_view path, store::Error &error)
{
    const auto listing = std::make_unique<store::Listing>(store::client(), path);
    std::string_view name;

    while (listing->next(name))
        say(terminal, "{}", name);
    error = listing->error();
}

void read(Terminal &terminal, std::string_view path, store::Error &error)
{
    std::array<char, PV_STORE_VALUE_MAX> room{};
    const auto value = store::client().read(path, room);

    error = value.error;
    if (value.good()) {
        terminal.put(value.value);
        terminal.put("\n");
    }
}

Status store_command(Terminal &terminal, Words arguments)
{
    const std::string_view what = arguments[0];
    const std::string_view path = arguments[1];
    store::Error error = PV_EINVAL;

    if (what == "ls" && arguments.size() == 2)
        list(terminal, path, error);
    else if (what == "read" && arguments.size() == 2)
        read(terminal, path, error);
    else if (what == "write" && arguments.size() == 3)
        error = store::client().write(path, arguments[2]);
    else
        terminal.put("usage: store ls|read PATH, or store write PATH VALUE\n");
    if (error != 0)
        say(terminal, "cannot {} {}: error {}", what, path, error);
    return {};
}

Status memory_command(Terminal &terminal, Words /*arguments*/)
{
    say(terminal, "pages  {} of {} free", pages().free_pages(), pages().pages());
    say(terminal, "arena  {} of {} free", arena().free_pages(), arena().pages());
    say(terminal, "heap   {} objects", heap().objects());
    return {};
}

Status vcpus(Terminal &terminal, Words /*arguments*/)
{
    say(terminal, "{} vCPUs, {} online", start().vcpus, smp::online());
    return {};
}

Status clock_command(Terminal &terminal, Words /*arguments*/)
{
    say(terminal, "{} ns, epoch {}", clock::now(), guest_epoch());
    return {};
}

Status uptime(Terminal &terminal, Words /*arguments*/)
{
    say(terminal, "{} ms",
        (clock::now() - clock::nanoseconds_at(start().counter)) / clock::millisecond);
    return {};
}

Status grants_command(Terminal &terminal, Words /*arguments*/)
{
    say(terminal, "{} of {} in use", grants::used(), grants::entries());
    say(terminal, "console connected {} times", terminal.console().device().connections());
    return {};
}

Status flood(Terminal &terminal, Words arguments)
{
    uint64_t bytes = 0;

    if (parse_number(arguments[0], flood_max, bytes))
        terminal.put_pattern(bytes);
    else
        terminal.put("usage: flood BYTES\n");
    return {};
}

Status crash(Terminal &terminal, Words /*arguments*/)
{
    (void)terminal.flush();
    keel::panic("the shell was told to crash");
}

Status reboot(Terminal &terminal, Words /*arguments*/)
{
    (void)terminal.flush();
    hypercall::shutdown(PV_SHUTDOWN_REBOOT, 0);
}

Status exit_command(Terminal &terminal, Words arguments)
{
    uint64_t status = 0;

    if (!arguments.empty() && !parse_number(arguments[0], status_max, status)) {
        terminal.put("usage: exit [STATUS]\n");
        return {};
    }
    return static_cast<uint32_t>(status);
}

constexpr std::array<ShellCommand, 12> commands = {{
    {"help", "", "lists the commands", 0, 0, help},
    {"echo", "[WORD...]", "says the words", 0, any, echo},
    {"store", "ls|read|write PATH [VALUE]", "reads and writes the store", 2, 3, store_command},
    {"memory", "", "counts pages and objects", 0, 0, memory_command},
    {"vcpus", "", "counts the processors", 0, 0, vcpus},
    {"clock", "", "the host's clock, and the epoch", 0, 0, clock_command},
    {"uptime", "", "how long this guest has run", 0, 0, uptime},
    {"grants", "", "counts what is granted", 0, 0, grants_command},
    {"flood", "BYTES", "says that many bytes of a pattern", 1, 1, flood},
    {"crash", "", "panics", 0, 0, crash},
    {"reboot", "", "asks for a new start", 0, 0, reboot},
    {"exit", "[STATUS]", "powers off", 0, 1, exit_command},
}};

} // namespace

std::span<const ShellCommand> shell_commands()
{
    return commands;
}

} // namespace keel::program
