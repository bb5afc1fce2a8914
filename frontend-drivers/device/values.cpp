// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/device/values.hpp"

#include <algorithm>

namespace keel::device {

void Directory::set_own(std::string_view kind, uint32_t number)
{
    Writer text(room_);

    format(text, "device/{}/{}", kind, number);
    length_ = text.text().size();
}

bool Directory::set(std::string_view path)
{
    if (path.size() < 2 || path.front() != '/' || path.back() == '/' ||
        path.size() > room_.size() - key_max)
        return false;
    std::copy(path.begin(), path.end(), room_.begin());
    length_ = path.size();
    return true;
}

std::string_view Directory::key(std::string_view name)
{
    Writer text(std::span<char>(room_).subspan(length_));

    text.put('/');
    text.put(name);
    return {room_.data(), length_ + text.text().size()};
}

std::string_view Directory::key(std::string_view name, uint32_t number)
{
    Writer text(std::span<char>(room_).subspan(length_));

    format(text, "/{}{}", name, number);
    return {room_.data(), length_ + text.text().size()};
}

bool parse_value(std::string_view text, uint64_t most, uint64_t &number)
{
    const char *at = text.data();
    std::size_t left = text.size();

    return left <= PV_DEVICE_VALUE_MAX && pv_device_take_number(&at, &left, &number) && left == 0 &&
           number <= most;
}

bool parse_offer(const OfferText &text, pv_device_offer &offer)
{
    uint64_t version_min = 0;
    uint64_t version = 0;
    uint64_t features = 0;

    if (!parse_value(text.version_min, UINT32_MAX, version_min) ||
        !parse_value(text.version, UINT32_MAX, version) ||
        !parse_value(text.features, UINT64_MAX, features) || version_min > version)
        return false;
    offer = {static_cast<uint32_t>(version_min), static_cast<uint32_t>(version), features};
    return true;
}

void put_words(Writer &to, std::string_view words)
{
    constexpr std::size_t words_max = 120;

    for (const char character : std::string_view(words.data(), std::min(words.size(), words_max)))
        to.put(character >= ' ' && character <= '~' ? character : '?');
}

} // namespace keel::device
