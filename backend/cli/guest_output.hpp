// SPDX-License-Identifier: Apache-2.0
//
// What a guest says before it has a console driver, as a person reads it: lines with "@pv frame ADDRESS"
// are given the name of the function there. Everything else goes through untouched.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace paravane::cli {

class GuestOutput {
  public:
    // The image is read only when a backtrace comes.
    GuestOutput(std::FILE *out, std::string image) : out_(out), image_(std::move(image)) {}

    void write(std::string_view text);
    // The last line may have no end.
    void finish();

  private:
    void line(std::string_view text);

    std::FILE *out_;
    std::string image_;
    std::string held_; // the beginning of a line that may be of ours
};

} // namespace paravane::cli
