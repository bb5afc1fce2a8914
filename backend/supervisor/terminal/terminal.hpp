// SPDX-License-Identifier: Apache-2.0
//
// Where a guest's console goes: what a person has before him, or a file. Of one event loop's thread. A
// guest's early output and its device write at the same time; one coroutine reads.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <boost/asio/awaitable.hpp>

namespace paravane {

class Terminal {
  public:
    Terminal() = default;
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;
    virtual ~Terminal() = default;

    // Comes back when it has taken all of the text.
    [[nodiscard]] virtual boost::asio::awaitable<void> write(std::string_view text) = 0;
    // At least a byte; 0: there is no more to come, ever.
    [[nodiscard]] virtual boost::asio::awaitable<std::size_t> read(std::span<char> into) = 0;
    // The guest is gone: from now on nobody is waited for who does not read.
    virtual void hurry() {}
    // Nobody is waited for at all: what is not there yet is lost.
    virtual void abandon() {}
    // Comes back when what was taken is where it should be, or will not come there any more.
    [[nodiscard]] virtual boost::asio::awaitable<void> flush() { co_return; }
};

} // namespace paravane
