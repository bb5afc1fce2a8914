// SPDX-License-Identifier: Apache-2.0
//
// The functions of a guest kernel's file, to tell an address of a backtrace by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace paravane::cli {

class Symbols {
  public:
    // None, if the file has no symbols.
    [[nodiscard]] static Symbols of(const std::string &file);

    // "name+0x12", or nothing.
    [[nodiscard]] std::string name(uint64_t address) const;

  private:
    struct Function {
        uint64_t bytes = 0;
        std::string name;
    };
    std::map<uint64_t, Function> functions_;
};

} // namespace paravane::cli
