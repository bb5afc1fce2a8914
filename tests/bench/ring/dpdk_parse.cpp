// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "ring/dpdk_test.hpp"

namespace paravane::bench {
namespace {

// The number at the end of a line.
std::optional<double> last_number(std::string_view line)
{
    const size_t space = line.find_last_of(' ');
    double value = 0;

    if (space == std::string_view::npos)
        return std::nullopt;
    const std::string_view word = line.substr(space + 1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value <= 0)
        return std::nullopt;
    return value;
}

bool has(std::string_view line, std::string_view part)
{
    return line.find(part) != std::string_view::npos;
}

bool has_any(std::string_view line, std::string_view a, std::string_view b)
{
    return has(line, a) || has(line, b);
}

void read_line(std::string_view line, DpdkFigures &figures)
{
    const bool legacy = line.starts_with("legacy APIs");
    // "element size 16B" until 22.11, "(size:16B)" later.
    const bool element16 = has_any(line, "element size 16B", "(size:16B)");
    const bool burst8 = has_any(line, "bulk (size: 8)", "bulk (n:8 ");
    const bool burst32 = has_any(line, "bulk (size: 32)", "bulk (n:32 ");

    if (!has(line, "SP/SC") || legacy == element16 || burst8 == burst32)
        return;
    std::optional<double> &place =
        legacy ? (burst8 ? figures.pointer_burst8 : figures.pointer_burst32)
               : (burst8 ? figures.element16_burst8 : figures.element16_burst32);
    place = last_number(line);
}

} // namespace

DpdkFigures parse_dpdk_output(std::string_view output, std::string_view section)
{
    DpdkFigures figures;
    bool inside = false;

    while (!output.empty()) {
        const size_t end = output.find('\n');
        std::string_view line = output.substr(0, end);
        output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.remove_suffix(1);
        if (line.starts_with("###"))
            inside = has(line, section);
        else if (inside)
            read_line(line, figures);
    }
    return figures;
}

} // namespace paravane::bench
