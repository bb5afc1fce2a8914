// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/command.hpp"

#include "frontend-drivers/keel/format.hpp"

namespace keel::bare {

namespace {

bool parse_disk(std::string_view word, DiskKind &disk)
{
    if (word == "virtio")
        disk = DiskKind::virtio;
    else if (word == "nvme")
        disk = DiskKind::nvme;
    else if (word == "ahci")
        disk = DiskKind::ahci;
    else if (word == "ide")
        disk = DiskKind::ide;
    else
        return false;
    return true;
}

bool set(std::string_view name, uint64_t value, RunCommand &command)
{
    workload::Job &job = command.job;

    if (name == "tsc-khz")
        command.tsc_khz = value;
    else if (name == "random")
        job.pattern = value != 0 ? workload::Pattern::random : workload::Pattern::sequential;
    else if (name == "read-percent")
        job.read_percent = static_cast<uint32_t>(value);
    else if (name == "bytes")
        job.bytes = static_cast<uint32_t>(value);
    else if (name == "depth")
        job.depth = static_cast<uint32_t>(value);
    else if (name == "first")
        job.first = value;
    else if (name == "sectors")
        job.sectors = value;
    else if (name == "warm-up")
        job.warm_up = value;
    else if (name == "time")
        job.time = value;
    else if (name == "count")
        job.count = value;
    else if (name == "seed")
        job.seed = value;
    else if (name == "latency")
        job.latency = value != 0;
    else if (name == "verify")
        command.verify = value != 0;
    else
        return false;
    return true;
}

} // namespace

std::string_view WordReader::next()
{
    const std::size_t begin = std::min(rest_.find_first_not_of(' '), rest_.size());
    const std::size_t end = std::min(rest_.find(' ', begin), rest_.size());
    const std::string_view word(rest_.data() + begin, end - begin);

    rest_.remove_prefix(end);
    return word;
}

bool parse(WordReader words, OpenCommand &command)
{
    if (!parse_disk(words.next(), command.disk))
        return false;
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
        if (word == "event-index")
            command.features.event_index = true;
        else if (word == "indirect")
            command.features.indirect = true;
        else if (word == "shadow-doorbells")
            command.features.shadow_doorbells = true;
        else
            return false;
    }
    return true;
}

bool parse(WordReader words, RunCommand &command)
{
    for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
        const std::size_t sign = word.find('=');
        uint64_t value = 0;
        if (sign == std::string_view::npos ||
            !parse_number({word.data() + sign + 1, word.size() - sign - 1}, ~uint64_t{0}, value) ||
            !set({word.data(), sign}, value, command))
            return false;
    }
    return command.tsc_khz != 0;
}

} // namespace keel::bare
