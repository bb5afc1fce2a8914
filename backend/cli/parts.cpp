// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/parts.hpp"

namespace paravane::cli {

std::vector<std::string> parts_of(const std::string &text)
{
    std::vector<std::string> parts(1);

    for (std::size_t at = 0; at < text.size(); at++) {
        if (text[at] != ',') {
            parts.back() += text[at];
        } else if (at + 1 < text.size() && text[at + 1] == ',') {
            parts.back() += ',';
            at++;
        } else {
            parts.emplace_back();
        }
    }
    return parts;
}

} // namespace paravane::cli
