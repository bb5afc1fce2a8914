// SPDX-License-Identifier: Apache-2.0
//
// What a guest of ours is: about ten lines, each of something that the host told or the kernel found.
#include <array>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::program {

namespace {

struct Named {
    uint64_t bit;
    std::string_view name;
};

constexpr std::array<Named, 6> features = {{
    {PV_FEATURE_DIRECT_EVENTS, "direct-events"},
    {PV_FEATURE_DOORBELLS, "doorbells"},
    {PV_FEATURE_PROTECT, "protect"},
    {PV_FEATURE_CALLBACKS, "callbacks"},
    {PV_FEATURE_SMP, "smp"},
    {PV_FEATURE_GRANTS, "grants"},
}};

constexpr std::array<Named, 4> region_flags = {{
    {PV_MEMORY_RAM, "ram"},
    {PV_MEMORY_ARENA, "arena"},
    {PV_MEMORY_HOST_WRITES, "host-writes"},
    {PV_MEMORY_SHARED, "shared"},
}};

std::string_view names_of(uint64_t bits, std::span<const Named> names, Writer &text)
{
    text.clear();
    for (const Named &named : names) {
        if ((bits & named.bit) == 0)
            continue;
        text.put(text.text().empty() ? "" : " ");
        text.put(named.name);
        bits &= ~named.bit;
    }
    if (bits != 0)
        format(text, " and {x}", bits);
    return text.text().empty() ? "none" : text.text();
}

std::string_view vehicle_name()
{
    switch (start().vehicle) {
    case PV_VEHICLE_KVM:
        return "kvm";
    case PV_VEHICLE_PROCESS:
        return "process";
    default:
        return "unknown";
    }
}

} // namespace

uint32_t show(Words /*arguments*/)
{
    std::array<char, 128> room{};
    Writer text(room);
    memory::Region region;

    print("keel: a small guest kernel, at your service");
    print("vehicle   {}", vehicle_name());
    print("domain    {}, epoch {}", start().domain, start().epoch);
    print("abi       version {}", hypercall::version(PV_VERSION_ABI));
    print("features  {}", names_of(start().features, features, text));
    for (uint32_t index = 0; memory::region(index, region); index++)
        print("memory    {p} {} KiB: {}", region.base, region.bytes >> 10,
              names_of(region.flags, region_flags, text));
    print("pages     {} of {} free", pages().free_pages(), pages().pages());
    print("vcpus     {}, {} online", start().vcpus, smp::online());
    const uint64_t first = clock::now();
    print("clock     {} ns from one reading to the next", clock::now() - first);
    print("boot      {} us after the host started, {} us ago",
          clock::nanoseconds_at(start().counter) / clock::microsecond,
          (clock::now() - clock::nanoseconds_at(start().counter)) / clock::microsecond);
    return 0;
}

} // namespace keel::program
