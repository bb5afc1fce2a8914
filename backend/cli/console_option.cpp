// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/console_option.hpp"

#include "backend/supervisor/terminal/file.hpp"
#include "backend/supervisor/terminal/pty.hpp"
#include "backend/supervisor/terminal/socket.hpp"

namespace paravane::cli {

namespace {

constexpr std::string_view file_prefix = "file=";
constexpr std::string_view socket_prefix = "socket=";

bool take_path(const std::string &text, std::string_view prefix, std::string &path)
{
    if (text.compare(0, prefix.size(), prefix) != 0 || text.size() == prefix.size())
        return false;
    path = text.substr(prefix.size());
    return true;
}

} // namespace

std::string parse_console(const std::string &text, ConsoleOption &option)
{
    option.path.clear();
    if (text == "stdio")
        option.kind = ConsoleKind::stdio;
    else if (text == "pty")
        option.kind = ConsoleKind::pty;
    else if (take_path(text, file_prefix, option.path))
        option.kind = ConsoleKind::file;
    else if (take_path(text, socket_prefix, option.path))
        option.kind = ConsoleKind::socket;
    else
        return "\"" + text + "\" is no console: try stdio, pty, file=PATH or socket=PATH";
    return {};
}

Result<OpenConsole> open_console(boost::asio::io_context &loop, const ConsoleOption &option,
                                 int out, const std::function<void(std::string_view)> &tell)
{
    OpenConsole console;

    switch (option.kind) {
    case ConsoleKind::stdio: {
        auto terminal = std::make_unique<StdioTerminal>(loop, out);
        console.stdio = terminal.get();
        console.terminal = std::move(terminal);
        break;
    }
    case ConsoleKind::pty: {
        Result<std::unique_ptr<PtyTerminal>> terminal = PtyTerminal::open(loop);
        if (!terminal)
            return terminal.error();
        tell("the console is " + (*terminal)->place());
        console.terminal = std::move(*terminal);
        break;
    }
    case ConsoleKind::file: {
        Result<std::unique_ptr<Terminal>> terminal = FileTerminal::open(option.path, tell);
        if (!terminal)
            return terminal.error();
        console.terminal = std::move(*terminal);
        break;
    }
    case ConsoleKind::socket: {
        Result<std::unique_ptr<Terminal>> terminal = SocketTerminal::open(loop, option.path);
        if (!terminal)
            return terminal.error();
        console.terminal = std::move(*terminal);
        break;
    }
    }
    console.reader = std::make_unique<TerminalReader>(loop, *console.terminal);
    return console;
}

} // namespace paravane::cli
