// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/guest_output.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace paravane::cli {

namespace {

constexpr std::string_view frame = "@pv frame ";
// A line longer than this is not ours.
constexpr std::size_t held_max = 80;
// More frames than a guest's panics have are for somebody else.
constexpr unsigned named_max = 4096;

bool may_be_ours(std::string_view text)
{
    const std::size_t known = std::min(text.size(), frame.size());
    return text.size() <= held_max && text.substr(0, known) == frame.substr(0, known);
}

} // namespace

std::string GuestOutput::read(std::string_view text)
{
    std::string out;

    if (text.empty())
        return shown(std::exchange(held_, {}));
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view piece =
            text.substr(0, end == std::string_view::npos ? text.size() : end + 1);

        text.remove_prefix(piece.size());
        held_ += piece;
        // What follows of a line that was not ours must not be taken for the beginning of one.
        if (end != std::string_view::npos || !may_be_ours(held_))
            out += shown(std::exchange(held_, {}));
    }
    return out;
}

std::string GuestOutput::shown(const std::string &line)
{
    if (line.compare(0, frame.size(), frame) != 0 || named_ >= named_max)
        return line;
    named_++;
    if (!symbols_)
        symbols_ = Symbols::of(image_);
    const uint64_t address = std::strtoull(line.c_str() + frame.size(), nullptr, 16);
    const std::string name = symbols_->name(address);
    return fmt::format("    at {:#x} {}\n", address, name.empty() ? "(no name)" : name);
}

} // namespace paravane::cli
