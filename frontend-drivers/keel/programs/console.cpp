// SPDX-License-Identifier: Apache-2.0
//
// Programs for tests of the console: one that counts, one that answers, one that bargains.
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/line_editor.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/terminal.hpp"

namespace keel::program {

namespace {

constexpr uint64_t bytes_max = uint64_t{1} << 40;

// Lines as they come, one at a time: the next is taken when the last was answered.
class Lines {
  public:
    [[nodiscard]] console::Reader reader()
    {
        return {[](void *lines, std::string_view text) {
                    return static_cast<Lines *>(lines)->take(text);
                },
                this};
    }
    [[nodiscard]] bool ready() const { return ready_; }
    [[nodiscard]] std::string_view line() const { return editor_.line(); }
    void answered() { ready_ = false; }

  private:
    std::size_t take(std::string_view text)
    {
        std::size_t taken = 0;

        while (taken < text.size() && !ready_)
            ready_ = editor_.take(text[taken++]) == LineEditor::Event::line;
        return taken;
    }

    LineEditor editor_;
    bool ready_ = false;
};

} // namespace

uint32_t console_count(Words arguments)
{
    uint64_t bytes = 0;

    if (arguments.size() != 1 || !parse_number(arguments[0], bytes_max, bytes)) {
        print("console-count: give it the number of bytes");
        return status_wrong_usage;
    }
    Terminal terminal;
    if (!terminal.begin("console-count"))
        return 1;
    const bool all = terminal.put_pattern(bytes) && terminal.flush();
    print("console-count: {}", all ? "all is delivered" : "not all is delivered");
    return all ? 0 : 1;
}

uint32_t console_echo(Words /*arguments*/)
{
    Lines lines;
    Terminal terminal(lines.reader());

    if (!terminal.begin("console-echo"))
        return terminal.requests().shutdown() ? 0 : 1;
    terminal.put("console-echo: ready\n");
    while (terminal.requests().wait([&] { return lines.ready(); })) {
        if (lines.line() == "quit")
            break;
        say(terminal, "{}", lines.line());
        lines.answered();
        terminal.console().read_on();
    }
    return terminal.flush() ? 0 : 1;
}

uint32_t console_terms(Words arguments)
{
    std::array<uint64_t, 3> numbers{};

    if (arguments.size() != numbers.size() || !parse_number(arguments[0], UINT32_MAX, numbers[0]) ||
        !parse_number(arguments[1], UINT32_MAX, numbers[1]) ||
        !parse_number(arguments[2], UINT64_MAX, numbers[2])) {
        print("console-terms: give it the oldest version, the newest, and the features, decimal");
        return status_wrong_usage;
    }
    Terminal terminal(
        {}, {static_cast<uint32_t>(numbers[0]), static_cast<uint32_t>(numbers[1]), numbers[2]});
    device::Device &device = terminal.console().device();
    constexpr uint64_t patience = 30 * clock::second;

    device.open();
    (void)terminal.requests().wait_until(
        [&] { return device.connected() || !device.problem().empty(); }, clock::now() + patience);
    if (device.connected())
        print("@pv terms {} {}", device.terms().version, device.terms().features);
    else
        print("@pv terms refused: {}",
              device.problem().empty() ? "nobody answers" : device.problem());
    return device.connected() ? 0 : 1;
}

} // namespace keel::program
