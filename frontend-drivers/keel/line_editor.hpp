// SPDX-License-Identifier: Apache-2.0
//
// A line as it is typed, and what the terminal is shown of it: the guest echoes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keel {

class LineEditor {
  public:
    static constexpr std::size_t line_max = 1024; // what is typed beyond is not taken, with a bell

    enum class Event : uint8_t {
        none,
        line,      // one is complete, in line()
        interrupt, // it was given up by control-C
        end        // control-D on an empty line
    };

    // Takes a key. What is to be shown for it is valid until the next call.
    [[nodiscard]] Event take(char key);
    [[nodiscard]] std::string_view shown() const { return {shown_.data(), shown_size_}; }
    // Valid until the next key. Without its end.
    [[nodiscard]] std::string_view line() const { return {line_.data(), size_}; }

  private:
    void show(std::string_view text);
    void rub_out();
    Event end_line(Event event);

    std::array<char, line_max> line_{};
    std::size_t size_ = 0;
    bool fresh_ = true; // the next key begins a line
    bool after_return_ = false;
    std::array<char, 3 * line_max> shown_{};
    std::size_t shown_size_ = 0;
};

} // namespace keel
