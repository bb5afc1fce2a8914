// SPDX-License-Identifier: Apache-2.0
//
// What a guest says before it has a console driver, as a person reads it: lines with "@pv frame ADDRESS"
// are given the name of the function there. Everything else goes through untouched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backend/cli/symbols.hpp"

namespace paravane::cli {

class GuestOutput {
  public:
    // The image is read only when a backtrace comes.
    explicit GuestOutput(std::string image) : image_(std::move(image)) {}

    // What to show for this piece; without any text, for what was held back, since no more comes.
    [[nodiscard]] std::string read(std::string_view text);

  private:
    [[nodiscard]] std::string shown(const std::string &line);

    std::string image_;
    std::optional<Symbols> symbols_;
    unsigned named_ = 0; // frames so far
    std::string held_;   // the beginning of a line that may be of ours
};

} // namespace paravane::cli
