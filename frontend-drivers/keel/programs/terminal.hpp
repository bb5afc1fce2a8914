// SPDX-License-Identifier: Apache-2.0
//
// The console as a program uses it: what it says waits for room, and meanwhile the host is obeyed.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "frontend-drivers/console/device.hpp"
#include "frontend-drivers/keel/format.hpp"
#include "frontend-drivers/keel/host_requests.hpp"

namespace keel::program {

class Terminal {
  public:
    explicit Terminal(const console::Reader &reader = {},
                      const pv_device_offer &offer = console::Console::whole_offer);
    Terminal(const Terminal &) = delete;
    Terminal &operator=(const Terminal &) = delete;
    // Closes the console, in good order if the host lets it.
    ~Terminal();

    [[nodiscard]] HostRequests &requests() { return requests_; }
    [[nodiscard]] console::Console &console() { return *console_; }

    // Opens the console, and waits until it is connected for the first time. False: it said why not, by
    // early output, or the host asks to power off.
    [[nodiscard]] bool begin(std::string_view program);
    // False: the host asks to power off.
    bool put(std::string_view text);
    // So many bytes of the pattern, from there on.
    bool put_pattern(uint64_t bytes, uint64_t first = 0);
    // Waits until all was delivered, also when the host asks to power off, but not for ever then.
    bool flush();

  private:
    HostRequests requests_;
    // Large, for a stack.
    std::unique_ptr<console::Console> console_;
};

// A line, cut where it is too long.
template <typename... Values>
void say(Terminal &to, Pattern<std::type_identity_t<Values>...> pattern, const Values &...values)
{
    std::array<char, 512> room; // NOLINT(cppcoreguidelines-pro-type-member-init)
    Writer line(room);

    format_values(line, pattern.text(), std::array<Value, sizeof...(Values)>{Value(values)...});
    line.put('\n');
    line.end_with('\n');
    to.put(line.text());
}

} // namespace keel::program
