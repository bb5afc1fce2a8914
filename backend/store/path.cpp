// SPDX-License-Identifier: Apache-2.0
#include "backend/store/path.hpp"

#include <algorithm>

namespace paravane {
namespace {

constexpr std::array<bool, 256> name_bytes = [] {
    std::array<bool, 256> allowed = {};
    for (const char letter : std::string_view("abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                              "0123456789_.:@+-"))
        allowed[static_cast<unsigned char>(letter)] = true;
    return allowed;
}();

} // namespace

bool is_store_name(std::string_view name)
{
    return !name.empty() && name.size() <= PV_STORE_COMPONENT_MAX &&
           std::all_of(name.begin(), name.end(),
                       [](char byte) { return name_bytes[static_cast<unsigned char>(byte)]; });
}

std::string store_home_prefix(DomainId domain)
{
    return "/domain/" + std::to_string(domain.value) + "/";
}

Answer<StorePath> StorePath::parse(std::string_view text, DomainId domain)
{
    // The longest text is looked at no further than that.
    if (text.size() > PV_STORE_PATH_MAX)
        return Refusal{PV_ENAMETOOLONG};
    if (text.empty())
        return Refusal{PV_EINVAL};
    StorePath path = text.front() == '/' ? root() : home(domain);
    if (text.front() == '/')
        text.remove_prefix(1);
    bool more = !text.empty();
    while (more) {
        const size_t slash = text.find('/');
        more = slash != std::string_view::npos;
        const Answer<void> appended = path.append(text.substr(0, slash));
        if (!appended)
            return appended.error();
        if (more)
            text.remove_prefix(slash + 1);
    }
    return path;
}

StorePath StorePath::home(DomainId domain)
{
    StorePath path;
    // Neither can be refused: both are names, and short.
    static_cast<void>(path.append("domain"));
    static_cast<void>(path.append(std::to_string(domain.value)));
    return path;
}

Answer<void> StorePath::append(std::string_view component)
{
    if (component.size() > PV_STORE_COMPONENT_MAX || depth_ == PV_STORE_DEPTH_MAX)
        return Refusal{PV_ENAMETOOLONG};
    if (!is_store_name(component))
        return Refusal{PV_EINVAL};
    if (depth_ > 0)
        text_ += '/';
    text_ += component;
    if (text_.size() > PV_STORE_PATH_MAX)
        return Refusal{PV_ENAMETOOLONG};
    end_[depth_++] = static_cast<uint16_t>(text_.size());
    return {};
}

std::string_view StorePath::component(uint32_t index) const
{
    const size_t begin = index == 0 ? 1 : end_[index - 1] + size_t{1};
    return std::string_view(text_).substr(begin, end_[index] - begin);
}

std::string_view StorePath::prefix(uint32_t depth) const
{
    return std::string_view(text_).substr(0, depth == 0 ? 1 : end_[depth - 1]);
}

} // namespace paravane
