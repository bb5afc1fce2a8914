// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/start_pages.hpp"

#include <array>

#include <paravane/layout.h>
#include <paravane/start_info.h>

namespace paravane {

namespace {

template <typename T> bool put(const GuestMemory &memory, uint64_t at, const T &value)
{
    return memory.write_as_host({at},
                                {reinterpret_cast<const unsigned char *>(&value), sizeof(value)});
}

bool put_stubs(const GuestMemory &memory, const Vehicle &vehicle)
{
    std::array<unsigned char, PV_PAGE_SIZE> page{};

    for (std::size_t at = 0; at < page.size(); at += PV_STUB_SIZE) {
        const Stub stub = vehicle.stub(static_cast<uint32_t>(at / PV_STUB_SIZE));
        std::copy(stub.begin(), stub.end(), &page[at]);
    }
    return put(memory, PV_HYPERCALL_PAGE, page);
}

} // namespace

Result<VcpuStart> write_start_pages(const Domain &domain, const Vehicle &vehicle,
                                    const Image &image)
{
    const GuestMemory &memory = domain.memory();
    const DomainSettings &settings = domain.settings();
    const uint64_t stack_base =
        (image.end.value + first_stack_bytes - 1) / first_stack_bytes * first_stack_bytes;
    const uint64_t stack_top = stack_base + first_stack_bytes;
    const MemoryRegion &ram = *memory.at({0});
    pv_start_info info = {};

    if (stack_top > ram.bytes())
        return Problem{"the image and its stack do not fit into " +
                       std::to_string(ram.bytes() >> 20) +
                       " MiB: give the guest more with --memory"};
    if (settings.command_line.size() >= PV_COMMAND_LINE_MAX)
        return Problem{"the command line has " + std::to_string(settings.command_line.size()) +
                       " bytes; at most " + std::to_string(PV_COMMAND_LINE_MAX - 1) + " fit"};

    info.magic = pv_le64_of(PV_START_MAGIC);
    info.abi_version = pv_le32_of(PV_ABI_VERSION);
    info.bytes = pv_le32_of(sizeof(info));
    info.features = pv_le64_of(vehicle.features());
    info.domain = pv_le32_of(settings.id.value);
    info.vehicle = pv_le32_of(vehicle.kind());
    info.vcpus = pv_le32_of(settings.vcpus);
    info.command_line_bytes = pv_le32_of(static_cast<uint32_t>(settings.command_line.size()));
    info.virtual_base = pv_le64_of(PV_GUEST_VIRTUAL_BASE);
    info.hypercall_page = pv_le64_of(PV_HYPERCALL_PAGE);
    info.time_page = pv_le64_of(PV_TIME_PAGE);
    info.command_line = pv_le64_of(PV_COMMAND_LINE);
    info.event_area = pv_le64_of(PV_EVENT_AREA);
    info.grant_table = pv_le64_of(PV_GRANT_TABLE);
    info.grant_entries = pv_le64_of(PV_GRANT_ENTRIES);
    info.store_area = pv_le64_of(PV_STORE_AREA);
    info.store_bytes = pv_le64_of(PV_STORE_AREA_SIZE);
    info.store_port = pv_le32_of(domain.store_port().value);
    info.direct_events =
        pv_le32_of((vehicle.features() & PV_FEATURE_DIRECT_EVENTS) != 0 ? PV_DIRECT_EVENTS : 0);
    info.interrupt_end = pv_le64_of(vehicle.interrupt_end().value);
    info.ram_base = pv_le64_of(ram.base.value);
    info.ram_bytes = pv_le64_of(ram.bytes());
    info.free_base = pv_le64_of(stack_top);
    info.stack_top = pv_le64_of(stack_top);
    if (settings.arena > 0) {
        info.arena_base = pv_le64_of(PV_ARENAS);
        info.arena_bytes = pv_le64_of(settings.arena);
    }
    info.epoch = pv_le64_of(domain.epoch());

    std::string line = settings.command_line;
    line.push_back('\0');
    const bool written =
        put_stubs(memory, vehicle) && put(memory, PV_START_INFO, info) &&
        memory.write_as_host({PV_COMMAND_LINE},
                             {reinterpret_cast<const unsigned char *>(line.data()), line.size()});
    if (!written)
        return Problem{"the start pages have no memory"};
    return VcpuStart{
        image.entry, {stack_top + PV_GUEST_VIRTUAL_BASE}, PV_START_INFO + PV_GUEST_VIRTUAL_BASE};
}

} // namespace paravane
