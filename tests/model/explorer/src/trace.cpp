// SPDX-License-Identifier: Apache-2.0
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "engine.hpp"

namespace paravane::explorer {

const char *Engine::name_of_thread(std::uint8_t thread) const
{
    return thread == nobody ? "-" : program_.threads()[thread].name.c_str();
}

const char *Engine::name_of(Address at) const
{
    if (at >= arena_base && at - arena_base < arena_bytes) {
        const std::uint8_t entry = map_[(at - arena_base) / 4];
        if (entry < 0x80)
            return program_.words()[entry].name.c_str();
        if (entry != nobody && entry != zeros_entry) {
            const PlainRange &range = program_.ranges()[entry - 0x80U];
            if (at == range.at)
                return range.name.c_str();
            std::snprintf(name_.data(), name_.size(), "%s+%#" PRIx64, range.name.c_str(),
                          static_cast<std::uint64_t>(at - range.at));
            return name_.data();
        }
    }
    for (const PlainRange &range : program_.zeros()) {
        if (at >= range.at && at - range.at < range.bytes)
            return range.name.c_str();
    }
    std::snprintf(name_.data(), name_.size(), "address %#" PRIx64, static_cast<std::uint64_t>(at));
    return name_.data();
}

std::string Engine::describe(const Pending &pending) const
{
    switch (pending.operation) {
    case Operation::wait:
        return "sleeps on " + program_.ports()[pending.object] + ";";
    case Operation::spin:
        return "spins and nothing it reads will change;";
    default:
        return "can't go on;";
    }
}

void Engine::line(const char *format, ...)
{
    char text[400];
    const int head = std::snprintf(text, sizeof text, "%3zu  %-10s ", trace_.size() + 1,
                                   name_of_thread(current_));
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text + head, sizeof text - static_cast<std::size_t>(head), format, arguments);
    va_end(arguments);
    trace_.emplace_back(text);
}

void Engine::trace_load(std::uint8_t word, std::uint8_t number, bool acquire)
{
    const Message &message = model_.words.at(word, number);
    const int newer = model_.words.messages(word) - 1 - model_.words.position(word, number);
    char origin[80];
    if (message.owner == nobody)
        std::snprintf(origin, sizeof origin, "the initial value");
    else
        std::snprintf(origin, sizeof origin, "%s's store %u%s", name_of_thread(message.owner),
                      message.nth, message.executed ? "" : ", still to come");
    char stale[40] = "";
    if (newer > 0)
        std::snprintf(stale, sizeof stale, " (stale: %d newer)", newer);
    line("load  %-8s %s -> %#x  from %s%s", acquire ? "acquire" : "relaxed",
         program_.words()[word].name.c_str(), message.value, origin, stale);
}

void Engine::trace_copy(const char *what, Address at, const void *data, std::uint32_t bytes)
{
    std::string values;
    for (std::uint32_t done = 0; data != nullptr && done < bytes && done < 32; done += 8) {
        std::uint64_t value = 0;
        std::memcpy(&value, static_cast<const unsigned char *>(data) + done,
                    bytes - done < 8 ? bytes - done : 8);
        char text[24];
        std::snprintf(text, sizeof text, " %#" PRIx64, value);
        values += text;
    }
    line("%-14s %s, %u bytes%s%s", what, name_of(at), bytes, values.empty() ? "" : ":",
         values.c_str());
}

} // namespace paravane::explorer
