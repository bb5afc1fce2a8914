// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/memory_probe.hpp"

#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hypercall/host/probe/memory_file.hpp"
#include "hypercall/host/probe/text_file.hpp"

namespace paravane::probe {
namespace {

constexpr size_t page = 4096;
constexpr size_t huge_page = size_t{2} << 20;
constexpr unsigned int memfd_huge_2mb = MFD_HUGETLB | (21U << 26); // the page size's logarithm
const std::string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
const std::string transparent = "/sys/kernel/mm/transparent_hugepage/";

Finding available_finding()
{
    const Subject subject = {"memory.available", "available"};
    const Result<uint64_t> kib = number_of("/proc/meminfo", "MemAvailable");
    const Result<uint64_t> total = number_of("/proc/meminfo", "MemTotal");

    if (!kib || !total)
        return untried(subject, (kib ? total : kib).error().text);
    return yes(subject, fmt::format("{} of {} MiB", *kib / 1024, *total / 1024))
        .with_value(*kib * 1024, "bytes");
}

// A sealed file may neither shrink under a mapping nor take another seal off.
Finding sealing_finding()
{
    const Subject subject = {"memory.sealing", "memfd sealing"};
    const Result<UniqueFd> file = create_memory_file(page, MFD_ALLOW_SEALING);

    if (!file)
        return no(subject, {file.error().text, {}});
    if (fcntl(file.value().get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return no(subject, {system_problem("F_ADD_SEALS").text, {}});
    if (ftruncate(file.value().get(), 0) == 0)
        return no(subject, {"a file sealed against shrinking could be shrunk", {}});
    if (errno != EPERM)
        return no(subject, {system_problem("shrinking a sealed file").text, {}});
    return yes(subject, "a sealed file refused to shrink");
}

// Somebody else may hold the file for reading only, while its owner goes on writing through a mapping.
Finding future_write_finding()
{
    const Subject subject = {"memory.sealing_future_write", "read-only to others"};
    const Result<UniqueFd> file = create_memory_file(page, MFD_ALLOW_SEALING);

    if (!file)
        return no(subject, {file.error().text, {}});
    const Result<Mapping> before = Mapping::of_file(*file, page);
    if (!before)
        return no(subject, {before.error().text, {}});
    if (fcntl(file.value().get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0)
        return no(subject, {system_problem("F_SEAL_FUTURE_WRITE").text, "Linux 5.1 or later"});
    if (Mapping::of_file(*file, page))
        return no(subject, {"a file sealed against it could be mapped for writing", {}});

    const char mark = 'p';
    char seen = 0;
    std::memcpy(before.value().address(), &mark, 1);
    if (pread(file.value().get(), &seen, 1, 0) != 1 || seen != mark)
        return no(subject, {"a write through an older mapping did not arrive", {}});
    return yes(subject,
               "F_SEAL_FUTURE_WRITE refused a new writable mapping, an older one still writes");
}

Finding pool_finding(const Subject &subject, const std::string &name, const Reason &if_none)
{
    const Result<uint64_t> pages = number_in(pool + name);

    if (!pages)
        return no(subject, {pages.error().text, "a kernel with CONFIG_HUGETLBFS"});
    Finding finding =
        *pages == 0 ? no(subject, if_none) : yes(subject, fmt::format("{} of 2 MiB each", *pages));
    return std::move(finding).with_value(*pages, "pages");
}

Finding transparent_finding(const Subject &subject, const std::string &name,
                            const std::string &what_never_means)
{
    const Result<std::string> line = first_line(transparent + name);

    if (!line)
        return no(subject, {line.error().text, "a kernel with CONFIG_TRANSPARENT_HUGEPAGE"});
    // The one in brackets is the one in force.
    const size_t open = line->find('['), close = line->find(']');
    if (open == std::string::npos || close == std::string::npos || close < open)
        return untried(subject, fmt::format("{}{}: {}", transparent, name, *line));
    const std::string setting = line->substr(open + 1, close - open - 1);
    if (setting == "never" || setting == "deny")
        return no(subject, {fmt::format("set to {}: {}", setting, what_never_means),
                            fmt::format("echo advise > {}{}", transparent, name)});
    return yes(subject, "set to " + setting);
}

Finding huge_mapping_finding()
{
    const Subject subject = {"memory.huge_mapping", "huge memfd mapping"};
    const Result<UniqueFd> file = create_memory_file(huge_page, memfd_huge_2mb);

    if (!file)
        return no(subject, {file.error().text, "a kernel with CONFIG_HUGETLBFS"});
    const std::string advice = "sysctl -w vm.nr_hugepages=64 reserves 128 MiB";
    const Result<Mapping> mapping = Mapping::of_file(*file, huge_page);
    if (!mapping)
        return no(subject, {"2 MiB pages: " + mapping.error().text, advice});
    if (const int error = mapping.value().populate(); error != 0)
        return no(subject, {system_problem("populate a huge page", error).text, advice});
    return yes(subject, "a page of 2 MiB was mapped and written");
}

} // namespace

Section probe_memory()
{
    const std::string reserve = "sysctl -w vm.nr_hugepages=64 reserves 128 MiB";

    return {"memory",
            "Memory",
            {available_finding(), sealing_finding(), future_write_finding(),
             pool_finding({"memory.huge_reserved", "huge pages reserved"}, "nr_hugepages",
                          {"none is reserved", reserve}),
             pool_finding({"memory.huge_free", "huge pages free"}, "free_hugepages",
                          {"none is free", reserve}),
             huge_mapping_finding(),
             transparent_finding({"memory.transparent", "transparent huge pages"}, "enabled",
                                 "no program gets them"),
             transparent_finding({"memory.transparent_shared", "transparent, shared"},
                                 "shmem_enabled", "memory files get none")}};
}

} // namespace paravane::probe
