// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/run_command.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "backend/cli/console_option.hpp"
#include "backend/cli/disk_option.hpp"
#include "backend/cli/disks.hpp"
#include "backend/cli/group_option.hpp"
#include "backend/cli/guest_output.hpp"
#include "backend/cli/size.hpp"
#include "backend/supervisor/guest.hpp"
#include <paravane/hypercall.h>

namespace paravane::cli {

namespace asio = boost::asio;

namespace {

// Statuses that no guest of ours ends with.
constexpr int guest_crashed = 101;
constexpr int guest_lost = 102;
constexpr int guest_destroyed = 130; // as of a program that Ctrl-C ended

// Rings and buffers of disks lie in it.
constexpr uint64_t arena_with_disks = uint64_t{64} << 20;

struct Options {
    GuestSettings guest; // without its disks, which are opened when it is started
    std::string vehicle = "auto";
    std::string memory = "64M";
    std::string arena = "16M";
    bool arena_given = false;
    DiskOptions disks;
    std::string cores_text;
    std::string console_text = "stdio";
    ConsoleOption console;
    bool json = false;
};

const char *name_of(GuestEnd end)
{
    switch (end) {
    case GuestEnd::poweroff:
        return "poweroff";
    case GuestEnd::reboot:
        return "reboot";
    case GuestEnd::crash:
        return "crash";
    case GuestEnd::destroyed:
        return "destroyed";
    case GuestEnd::refused:
        return "refused";
    case GuestEnd::lost:
        break;
    }
    return "lost";
}

int status_of(const GuestResult &result)
{
    switch (result.end) {
    case GuestEnd::poweroff:
    case GuestEnd::reboot:
        return static_cast<int>(result.status);
    case GuestEnd::crash:
        return guest_crashed;
    case GuestEnd::destroyed:
        return guest_destroyed;
    case GuestEnd::refused:
        return wrong_usage;
    case GuestEnd::lost:
        break;
    }
    return guest_lost;
}

// Where nobody reads it, the line is dropped: the guest must not wait for it.
void tell(std::string_view what)
{
    pollfd room = {STDERR_FILENO, POLLOUT, 0};

    if (poll(&room, 1, 0) > 0)
        fmt::print(stderr, "paravane run: {}\n", what);
}

// One guest, from its start to its end.
class Run {
  public:
    // The loop, and a terminal on it that outlives a reboot.
    Run(const GuestSettings &settings, const Limits &limits, asio::io_context &loop,
        OpenConsole &console)
        : settings_(settings), output_(settings.image), loop_(loop), console_(console),
          guest_(
              loop, store_, {*console.terminal, *console.reader},
              [this](std::string_view text) { return output_.read(text); },
              [this](const GuestResult &result) {
                  result_ = result;
                  loop_.stop();
              },
              tell),
          signals_(loop, SIGINT, SIGTERM), stops_(loop, SIGTSTP), looks_(loop, SIGUSR1),
          limits_(limits)
    {
    }

    [[nodiscard]] GuestResult run()
    {
        if (Result<void> started = guest_.start(settings_); !started)
            return {GuestEnd::refused, 0, started.error().text};
        await_signal();
        await_look();
        asio::co_spawn(loop_, await_stop(), asio::detached);
        loop_.restart();
        loop_.run();
        return result_;
    }

  private:
    void await_signal()
    {
        signals_.async_wait([this](const boost::system::error_code &error, int /*number*/) {
            if (error)
                return;
            if (asked_) {
                guest_.destroy();
                return;
            }
            asked_ = true;
            tell("asked the guest to shut down; again destroys it");
            guest_.ask_to_shut_down();
            await_signal();
        });
    }

    // Whoever has made a disk larger or changed limits says so.
    void await_look()
    {
        looks_.async_wait([this](const boost::system::error_code &error, int /*number*/) {
            if (error)
                return;
            guest_.look_at_disks();
            if (const Result<void> read = limits_.read(); !read)
                tell(read.error().text + "; all rates stay as they were");
            await_look();
        });
    }

    // Ctrl-Z suspends the guest before it stops us, and it goes on with us.
    asio::awaitable<void> await_stop()
    {
        for (;;) {
            boost::system::error_code error;
            co_await stops_.async_wait(asio::redirect_error(asio::use_awaitable, error));
            if (error)
                co_return;
            Result<void> suspended = co_await guest_.suspend();
            if (!suspended) {
                tell(suspended.error().text);
                continue;
            }
            if (console_.stdio != nullptr)
                console_.stdio->restore();
            (void)::raise(SIGSTOP);
            if (console_.stdio != nullptr)
                console_.stdio->take_over();
            guest_.resume();
        }
    }

    const GuestSettings &settings_;
    GuestOutput output_;
    asio::io_context &loop_;
    OpenConsole &console_;
    Store store_;
    Guest guest_;
    asio::signal_set signals_;
    asio::signal_set stops_;
    asio::signal_set looks_;
    const Limits &limits_;
    GuestResult result_;
    bool asked_ = false;
};

int run(const Options &options)
{
    // They outlive a reboot, and so do their rates.
    const Result<Disks> disks = open_disks(options.disks);
    if (!disks) {
        tell(disks.error().text);
        return wrong_usage;
    }
    GuestSettings settings = options.guest;
    settings.disks = disks->disks;
    if (!settings.disks.empty() && !options.arena_given)
        settings.arena = arena_with_disks;
    // A terminal outlives the guests that reboot before it, and what waits for it is the loop's.
    asio::io_context loop{1};
    Result<OpenConsole> console =
        open_console(loop, options.console, options.json ? STDERR_FILENO : STDOUT_FILENO, tell);
    if (!console) {
        tell(console.error().text);
        return wrong_usage;
    }
    GuestResult result;

    do {
        result = Run(settings, disks->limits, loop, *console).run();
    } while (result.end == GuestEnd::reboot);
    if (options.json) {
        const nlohmann::json document = {{"schema", 1},
                                         {"end", name_of(result.end)},
                                         {"status", status_of(result)},
                                         {"problem", result.problem}};
        fmt::print("{}\n", document.dump(2));
    } else if (!result.problem.empty()) {
        tell(result.problem);
    }
    return status_of(result);
}

VehicleChoice choice_of(const std::string &name)
{
    if (name == "kvm")
        return VehicleChoice::kvm;
    return name == "process" ? VehicleChoice::process : VehicleChoice::best;
}

} // namespace

Verb add_run_command(CLI::App &app)
{
    auto options = std::make_shared<Options>();
    CLI::App *verb = app.add_subcommand("run", "boot a guest, and live as long as it does");

    options->guest.image = program_beside("keel");
    verb->add_option("--vehicle", options->vehicle, "what carries the guest")
        ->check(CLI::IsMember({"auto", "kvm", "process"}))
        ->capture_default_str();
    verb->add_option("--memory", options->memory, "its memory, such as 64M or 1G")
        ->check(
            [options](const std::string &text) { return parse_size(text, options->guest.memory); })
        ->capture_default_str();
    verb->add_option("--arena", options->arena,
                     "memory that it may share with devices (with a disk: 64M)")
        ->check([options](const std::string &text) {
            options->arena_given = true;
            return parse_size(text, options->guest.arena);
        })
        ->capture_default_str();
    verb->add_option("--vcpus", options->guest.vcpus, "its virtual processors")
        ->check(CLI::Range(1U, PV_VCPUS_MAX))
        ->capture_default_str();
    verb->add_option("--cores", options->cores_text,
                     "the processors that its vCPUs run on, such as 0,2-3 (default: all)")
        ->check(
            [options](const std::string &text) { return parse_cores(text, options->guest.cores); });
    verb->add_option("--console", options->console_text, "stdio, pty, file=PATH or socket=PATH")
        ->check(
            [options](const std::string &text) { return parse_console(text, options->console); })
        ->capture_default_str();
    verb->add_option("--disk", options->disks.disks,
                     "a disk: PATH, mem:SIZE or null:SIZE, and [,ro][,serial=TEXT][,queues=N]"
                     "[,depth=N][,cache=direct|buffered][,iops=N][,bps=N][,burst=MS][,group=NAME]"
                     "[,core=N][,isolate]; up to 16")
        ->check([](const std::string &text) {
            DiskOption option;
            return parse_disk(text, option);
        })
        ->allow_extra_args(false);
    verb->add_option(
            "--group", options->disks.groups,
            "rates that all disks of a group keep together: NAME[,iops=N][,bps=N][,burst=MS]")
        ->check([](const std::string &text) {
            GroupOption option;
            return parse_group(text, option);
        })
        ->allow_extra_args(false);
    verb->add_option("--limits", options->disks.limits,
                     "a TOML file of rates, which is read again at SIGUSR1");
    verb->add_option("--cmdline", options->guest.command_line, "what the guest is told to do");
    verb->add_option("--kernel", options->guest.image, "the guest's kernel (default: keel)");
    verb->add_flag("--json", options->json,
                   "the result as JSON on standard output; the guest's output on standard error");
    return {verb, [options] {
                options->guest.vehicle = choice_of(options->vehicle);
                return run(*options);
            }};
}

} // namespace paravane::cli
