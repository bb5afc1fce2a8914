// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/limits_file.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/supervisor/words.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::cli {

namespace {

// What the parser asserts of itself, some files break: that is the file's fault here, and ends nothing.
struct BrokenAssertion {};

[[noreturn]] void break_off()
{
    throw BrokenAssertion();
}

} // namespace

} // namespace paravane::cli

// In every build: without it the parser would go on.
#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? void() : paravane::cli::break_off())
#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

namespace paravane::cli {

namespace {

// Far more than there are disks and groups for.
constexpr std::size_t file_bytes_max = std::size_t{64} << 10;

Problem problem_at(const toml::source_region &place, const std::string &what)
{
    // The file's own words may be among them.
    return {std::to_string(place.begin.line) + ": " + words_of(what)};
}

std::string parse_value(std::string_view key, const toml::node &value, RateWords &words)
{
    if (const toml::value<int64_t> *const number = value.as_integer()) {
        // What is below zero is too large.
        return take_rate(key, static_cast<uint64_t>(number->get()), 0, words);
    }
    if (const toml::value<std::string> *const text = value.as_string();
        text != nullptr && key == "bps")
        return parse_rate(key, text->get(), words);
    return key == "bps" ? "a number or a size such as \"100M\" is needed" : "a number is needed";
}

Result<RateWords> parse_rates(const std::string &name, const toml::table &table)
{
    RateWords words;

    for (const auto &[key, value] : table) {
        if (std::find(rate_keys.begin(), rate_keys.end(), key.str()) == rate_keys.end())
            return problem_at(key.source(), name + ": \"" + std::string(key.str()) +
                                                "\" is none of iops, bps, burst");
        if (const std::string wrong = parse_value(key.str(), value, words); !wrong.empty())
            return problem_at(value.source(), name + "." + std::string(key.str()) + ": " + wrong);
    }
    return words;
}

// All of a kind, "disk" or "group".
Result<void> parse_kind(const std::string &kind, const toml::table &table,
                        const std::set<std::string, std::less<>> &known, NamedRates &rates)
{
    for (const auto &[key, value] : table) {
        const std::string name = kind + "." + std::string(key.str());
        const toml::table *const its = value.as_table();

        if (!known.contains(name))
            return problem_at(key.source(), name + ": there is no such " + kind);
        if (its == nullptr)
            return problem_at(value.source(), name + ": a table is needed");
        Result<RateWords> words = parse_rates(name, *its);
        if (!words)
            return words.error();
        rates[name] = *words;
    }
    return {};
}

Result<std::string> text_of(const std::string &path)
{
    // Whatever it is, nobody is waited for.
    const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status = {};
    std::string text(file_bytes_max + 1, '\0');
    std::size_t filled = 0;

    if (!file || fstat(file.get(), &status) != 0)
        return system_problem(path);
    if (!S_ISREG(status.st_mode))
        return Problem{path + ": it is no file"};
    for (;;) {
        const ssize_t got = read(file.get(), text.data() + filled, text.size() - filled);
        if (got < 0)
            return system_problem(path);
        filled += static_cast<std::size_t>(got);
        if (filled > file_bytes_max)
            return Problem{path + ": it is longer than " + std::to_string(file_bytes_max) +
                           " bytes"};
        if (got == 0)
            break;
    }
    text.resize(filled);
    return Result<std::string>{boost::system::in_place_value, std::move(text)};
}

Result<toml::table> parse(std::string_view text)
{
    try {
        return toml::parse(text);
    } catch (const toml::parse_error &error) {
        return problem_at(error.source(), std::string(error.description()));
    } catch (const BrokenAssertion &) {
        return Problem{" it is no TOML"};
    }
}

} // namespace

Result<NamedRates> parse_limits(std::string_view text,
                                const std::set<std::string, std::less<>> &known)
{
    const Result<toml::table> parsed = parse(text);
    NamedRates rates;

    if (!parsed)
        return parsed.error();
    for (const auto &[key, value] : *parsed) {
        const std::string kind(key.str());
        const toml::table *const table = value.as_table();

        if (table == nullptr || (kind != "disk" && kind != "group"))
            return problem_at(key.source(),
                              "\"" + kind + "\" is none of [disk.NUMBER] and [group.NAME]");
        if (Result<void> taken = parse_kind(kind, *table, known, rates); !taken)
            return taken.error();
    }
    return rates;
}

Result<NamedRates> read_limits(const std::string &path,
                               const std::set<std::string, std::less<>> &known)
{
    const Result<std::string> text = text_of(path);

    if (!text)
        return text.error();
    Result<NamedRates> rates = parse_limits(*text, known);
    if (!rates)
        return Problem{path + ":" + rates.error().text};
    return rates;
}

} // namespace paravane::cli
