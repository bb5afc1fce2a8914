// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

namespace paravane::explorer {

void Words::reset(std::uint8_t count)
{
    count_ = count;
    for (std::uint8_t word = 0; word < count; word++) {
        Log &log = logs_[word];
        log.count = 1;
        log.stores.fill(0);
        log.order[0] = 0;
        log.position[0] = 0;
        log.message[0] = Message{};
    }
}

Words::Gap Words::gap(std::uint8_t word, std::uint8_t owner, std::uint8_t nth, int after) const
{
    const Log &log = logs_[word];
    Gap gap{after + 1, log.count};
    for (std::uint8_t position = 0; position < log.count; position++) {
        const Message &other = log.message[log.order[position]];
        if (other.owner != owner)
            continue;
        if (other.nth < nth && position + 1 > gap.first)
            gap.first = position + 1;
        if (other.nth > nth && position < gap.last)
            gap.last = position;
    }
    return gap;
}

std::uint8_t Words::insert(std::uint8_t word, int position, const Message &message)
{
    Log &log = logs_[word];
    const std::uint8_t number = log.count++;
    for (int at = number; at > position; at--) {
        const std::uint8_t moved = log.order[static_cast<std::size_t>(at - 1)];
        log.order[static_cast<std::size_t>(at)] = moved;
        log.position[moved] = static_cast<std::uint8_t>(at);
    }
    log.order[static_cast<std::size_t>(position)] = number;
    log.position[number] = static_cast<std::uint8_t>(position);
    log.message[number] = message;
    return number;
}

std::uint8_t Words::prophesied(std::uint8_t word, std::uint8_t owner, std::uint8_t nth) const
{
    const Log &log = logs_[word];
    for (std::uint8_t number = 1; number < log.count; number++) {
        const Message &message = log.message[number];
        if (!message.executed && message.owner == owner && message.nth == nth)
            return number;
    }
    return nobody;
}

void Words::join_messages(View &into, const View &other) const
{
    for (std::uint8_t word = 0; word < count_; word++) {
        if (position(word, other) > position(word, into))
            into.message[word] = other.message[word];
    }
}

void Words::join_epochs(View &into, const View &other)
{
    for (std::uint8_t thread = 0; thread < max_threads; thread++) {
        if (other.epoch[thread] > into.epoch[thread])
            into.epoch[thread] = other.epoch[thread];
    }
}

} // namespace paravane::explorer
