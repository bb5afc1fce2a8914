// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/programs/settings.hpp"

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/format.hpp"

namespace keel::program {

namespace {

struct Suffix {
    std::string_view text;
    Unit unit;
    uint64_t factor;
};

// The longer before those that they end with.
constexpr std::array<Suffix, 8> suffixes = {{
    {"K", Unit::bytes, 1 << 10},
    {"M", Unit::bytes, 1 << 20},
    {"G", Unit::bytes, 1 << 30},
    {"ns", Unit::time, 1},
    {"us", Unit::time, clock::microsecond},
    {"ms", Unit::time, clock::millisecond},
    {"s", Unit::time, clock::second},
    {"m", Unit::time, 60 * clock::second},
}};

} // namespace

bool parse_quantity(std::string_view text, Unit unit, uint64_t most, uint64_t &value)
{
    uint64_t factor = unit == Unit::time ? clock::second : 1;
    uint64_t number = 0;

    for (const Suffix &suffix : suffixes) {
        if (suffix.unit != unit || !text.ends_with(suffix.text))
            continue;
        text.remove_suffix(suffix.text.size());
        factor = suffix.factor;
        break;
    }
    if (!parse_number(text, most / factor, number))
        return false;
    value = number * factor;
    return true;
}

bool Settings::find(std::string_view name, std::string_view &value, std::size_t &at)
{
    bool found = false;

    for (std::size_t i = 0; i < words_.size() && i < words_max; i++) {
        const std::string_view word = words_[i];

        if (!word.starts_with(name) || word.size() == name.size() || word[name.size()] != '=')
            continue;
        value = word;
        value.remove_prefix(name.size() + 1);
        at = i;
        known_[i] = true;
        found = true;
    }
    return found;
}

void Settings::number(std::string_view name, Unit unit, uint64_t least, uint64_t most,
                      uint64_t &value)
{
    std::string_view text;
    std::size_t at = 0;
    uint64_t number = 0;

    if (!find(name, text, at))
        return;
    if (!parse_quantity(text, unit, most, number) || number < least)
        bad_ = words_[at];
    else
        value = number;
}

void Settings::number(std::string_view name, uint32_t least, uint32_t most, uint32_t &value)
{
    uint64_t number = value;

    this->number(name, Unit::none, least, most, number);
    value = static_cast<uint32_t>(number);
}

void Settings::text(std::string_view name, std::string_view &value)
{
    std::size_t at = 0;

    (void)find(name, value, at);
}

bool Settings::word(std::string_view name)
{
    bool found = false;

    for (std::size_t i = 0; i < words_.size() && i < words_max; i++) {
        if (words_[i] != name)
            continue;
        known_[i] = true;
        found = true;
    }
    return found;
}

std::string_view Settings::wrong() const
{
    if (!bad_.empty())
        return bad_;
    for (std::size_t i = 0; i < words_.size(); i++) {
        if (i >= words_max || !known_[i])
            return words_[i];
    }
    return {};
}

} // namespace keel::program
