// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/text_file.hpp"

#include <charconv>
#include <fstream>
#include <string_view>

namespace paravane::probe {
namespace {

Result<std::ifstream> open_file(const std::string &path)
{
    errno = 0;
    std::ifstream file(path);
    if (!file)
        return system_problem("open " + path, errno != 0 ? errno : EIO);
    return file;
}

Result<uint64_t> parse(std::string_view text, const std::string &path, bool whole)
{
    uint64_t number = 0;

    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || (whole && end != text.data() + text.size()))
        return Problem{path + ": no number where one was expected"};
    return number;
}

} // namespace

Result<std::string> first_line(const std::string &path)
{
    Result<std::ifstream> file = open_file(path);
    if (!file)
        return file.error();
    std::string line;
    if (!std::getline(*file, line))
        return Problem{"read " + path + ": empty"};
    // A string could be meant as either alternative.
    return {boost::system::in_place_value, std::move(line)};
}

Result<uint64_t> number_in(const std::string &path)
{
    const Result<std::string> line = first_line(path);
    if (!line)
        return line.error();
    return parse(*line, path, true);
}

Result<uint64_t> number_of(const std::string &path, const std::string &name)
{
    Result<std::ifstream> file = open_file(path);
    if (!file)
        return file.error();
    std::string line;
    while (std::getline(*file, line)) {
        if (line.starts_with(name + ":"))
            return parse(std::string_view(line).substr(name.size() + 1), path, false);
    }
    return Problem{path + ": no line " + name};
}

} // namespace paravane::probe
