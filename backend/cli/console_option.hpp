// SPDX-License-Identifier: Apache-2.0
//
// --console: where the guest's console goes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include "backend/supervisor/terminal/reader.hpp"
#include "backend/supervisor/terminal/stdio.hpp"
#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::cli {

enum class ConsoleKind : uint8_t { stdio, pty, file, socket };

struct ConsoleOption {
    ConsoleKind kind = ConsoleKind::stdio;
    std::string path; // of a file or a socket
};

// What is wrong with the text; empty where it is one of stdio, pty, file=PATH, socket=PATH.
[[nodiscard]] std::string parse_console(const std::string &text, ConsoleOption &option);

struct OpenConsole {
    std::unique_ptr<Terminal> terminal;
    std::unique_ptr<TerminalReader> reader;
    StdioTerminal *stdio = nullptr; // the same, where it is that
};

// `out` is the descriptor for stdio's text; `tell` hears where a console is to be found.
[[nodiscard]] Result<OpenConsole> open_console(boost::asio::io_context &loop,
                                               const ConsoleOption &option, int out,
                                               const std::function<void(std::string_view)> &tell);

} // namespace paravane::cli
