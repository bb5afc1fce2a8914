// SPDX-License-Identifier: Apache-2.0
#include "ring/huge_pages.hpp"

#include <fstream>

#include <fmt/format.h>

namespace paravane::bench {
namespace {

constexpr const char *folder = "/sys/kernel/mm/hugepages/hugepages-2048kB/";

uint64_t read_count(const char *name)
{
    std::ifstream file(std::string(folder) + name);
    uint64_t count = 0;

    file >> count;
    return file ? count : 0;
}

bool write_reserve(uint64_t count)
{
    std::ofstream file(std::string(folder) + "nr_hugepages");

    file << count << std::flush;
    return static_cast<bool>(file);
}

} // namespace

HugePages::~HugePages()
{
    if (grown_)
        write_reserve(before_);
}

std::string HugePages::reserve(uint64_t count)
{
    const uint64_t free = read_count("free_hugepages");

    if (free >= count)
        return {};
    before_ = read_count("nr_hugepages");
    if (!write_reserve(before_ + count - free))
        return fmt::format("{} huge pages are free, {} are needed, and the reserve cannot be "
                           "changed without root",
                           free, count);
    grown_ = true;
    if (read_count("free_hugepages") < count)
        return fmt::format("the system could not free {} huge pages", count);
    return {};
}

} // namespace paravane::bench
