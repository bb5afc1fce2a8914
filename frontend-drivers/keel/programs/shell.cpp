// SPDX-License-Identifier: Apache-2.0
//
// A handful of commands over the console, until told to end or asked to power off.
#include "frontend-drivers/keel/programs/shell.hpp"

#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/line_editor.hpp"

namespace keel::program {

namespace {

constexpr std::size_t words_max = 16;
constexpr std::string_view prompt = "keel> ";

class Shell {
  public:
    Shell() : terminal_({take, this}) {}

    [[nodiscard]] uint32_t run();

  private:
    static std::size_t take(void *shell, std::string_view text)
    {
        return static_cast<Shell *>(shell)->take_keys(text);
    }

    [[nodiscard]] std::size_t take_keys(std::string_view text);
    // A line, or what else ended one; none: the host asks to power off.
    [[nodiscard]] LineEditor::Event next_line();
    [[nodiscard]] std::optional<uint32_t> execute(std::string_view line);

    LineEditor editor_;
    LineEditor::Event event_ = LineEditor::Event::none;
    bool listening_ = false; // there is a prompt
    bool stalled_ = false;   // keys wait for room for their echo
    Terminal terminal_;
};

// Up to the end of a line; the rest waits for the next prompt.
std::size_t Shell::take_keys(std::string_view text)
{
    std::size_t taken = 0;

    stalled_ = false;
    while (listening_ && taken < text.size()) {
        if (terminal_.console().room() < 3 * LineEditor::line_max) {
            stalled_ = true;
            break;
        }
        event_ = editor_.take(text[taken++]);
        (void)terminal_.console().write(editor_.shown());
        listening_ = event_ == LineEditor::Event::none;
    }
    return taken;
}

LineEditor::Event Shell::next_line()
{
    event_ = LineEditor::Event::none;
    listening_ = true;
    terminal_.console().read_on();
    const bool came = terminal_.requests().wait([this] {
        if (stalled_)
            terminal_.console().read_on();
        return event_ != LineEditor::Event::none;
    });
    return came ? event_ : LineEditor::Event::none;
}

std::optional<uint32_t> Shell::execute(std::string_view line)
{
    std::array<std::string_view, words_max> words{};
    const Words all = split(line, words);

    if (all.empty())
        return {};
    for (const ShellCommand &command : shell_commands()) {
        if (command.name != all[0])
            continue;
        const Words arguments = all.subspan(1);
        if (arguments.size() >= command.least && arguments.size() <= command.most)
            return command.run(terminal_, arguments);
        say(terminal_, "usage: {} {}", command.name, command.usage);
        return {};
    }
    say(terminal_, "{}: no such command; help lists them", all[0]);
    return {};
}

uint32_t Shell::run()
{
    if (!terminal_.begin("shell"))
        return terminal_.requests().shutdown() ? 0 : 1;
    terminal_.put("keel: help lists the commands\n");
    for (;;) {
        terminal_.put(prompt);
        std::optional<uint32_t> status;
        switch (next_line()) {
        case LineEditor::Event::none:
        case LineEditor::Event::end:
            status = 0;
            break;
        case LineEditor::Event::interrupt:
            break;
        case LineEditor::Event::line:
            status = execute(editor_.line());
            break;
        }
        if (status) {
            (void)terminal_.flush();
            return *status;
        }
    }
}

} // namespace

uint32_t shell(Words arguments)
{
    if (!arguments.empty()) {
        print("shell: takes no arguments");
        return status_wrong_usage;
    }
    // With room for a line and its echo; too large for a stack of some calls' depth.
    const auto shell = std::make_unique<Shell>();
    return shell->run();
}

} // namespace keel::program
