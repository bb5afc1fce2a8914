// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/guest_output.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>

#include "backend/cli/symbols.hpp"

namespace paravane::cli {

namespace {

constexpr std::string_view frame = "@pv frame ";
// A line longer than this is not ours.
constexpr std::size_t held_max = 80;

bool may_be_ours(std::string_view text)
{
    const std::size_t known = std::min(text.size(), frame.size());
    return text.size() <= held_max && text.substr(0, known) == frame.substr(0, known);
}

} // namespace

void GuestOutput::write(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view piece =
            text.substr(0, end == std::string_view::npos ? text.size() : end + 1);

        text.remove_prefix(piece.size());
        held_ += piece;
        if (end != std::string_view::npos || !may_be_ours(held_)) {
            line(held_);
            // What follows of a line that was not ours must not be taken for the beginning of one.
            held_.clear();
        }
    }
    std::fflush(out_);
}

void GuestOutput::finish()
{
    line(held_);
    held_.clear();
    std::fflush(out_);
}

void GuestOutput::line(std::string_view text)
{
    if (text.substr(0, frame.size()) != frame) {
        std::fwrite(text.data(), 1, text.size(), out_);
        return;
    }
    const std::string digits(text.substr(frame.size()));
    const uint64_t address = std::strtoull(digits.c_str(), nullptr, 16);
    const std::string name = Symbols::of(image_).name(address);
    fmt::print(out_, "    at {:#x} {}\n", address, name.empty() ? "(no name)" : name);
}

} // namespace paravane::cli
