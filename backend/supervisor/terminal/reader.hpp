// SPDX-License-Identifier: Apache-2.0
//
// What is typed at a terminal, kept until a guest takes it: guests come and go before it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/supervisor/signal.hpp"
#include "backend/supervisor/terminal/terminal.hpp"

namespace paravane {

class TerminalReader {
  public:
    // The terminal outlives it, and it outlives what the loop runs.
    TerminalReader(boost::asio::io_context &loop, Terminal &terminal);

    // Called whenever there is more; nobody from then on if it is empty.
    void listen(std::function<void()> listener) { listener_ = std::move(listener); }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    [[nodiscard]] std::string take();

  private:
    boost::asio::awaitable<void> read();

    boost::asio::io_context &loop_;
    Terminal &terminal_;
    std::function<void()> listener_;
    std::string text_;
    Signal taken_;
};

} // namespace paravane
