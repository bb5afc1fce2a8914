// SPDX-License-Identifier: Apache-2.0
//
// A program's arguments of the form name=value, and words that stand alone.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "frontend-drivers/keel/command_line.hpp"

namespace keel::program {

// A number with a unit or none: K, M, G (powers of 1024) of bytes; ns, us, ms, s, m of time, as ns. False for
// anything else, and for more than `most`.
enum class Unit : uint8_t { none, bytes, time };
[[nodiscard]] bool parse_quantity(std::string_view text, Unit unit, uint64_t most, uint64_t &value);

// Each argument must be asked for once, and what was not asked for is wrong.
class Settings {
  public:
    explicit Settings(Words words) : words_(words) {}

    // Leaves the value alone where there is no such argument. What is not a number, or out of range, is wrong.
    void number(std::string_view name, Unit unit, uint64_t least, uint64_t most, uint64_t &value);
    void number(std::string_view name, uint32_t least, uint32_t most, uint32_t &value);
    void text(std::string_view name, std::string_view &value);
    // True: it is there, alone.
    [[nodiscard]] bool word(std::string_view name);

    // The first word that is wrong; empty: none is. After all were asked for.
    [[nodiscard]] std::string_view wrong() const;

  private:
    static constexpr std::size_t words_max = 64;

    // The last of that name.
    [[nodiscard]] bool find(std::string_view name, std::string_view &value, std::size_t &at);

    Words words_;
    std::array<bool, words_max> known_{};
    std::string_view bad_;
};

} // namespace keel::program
