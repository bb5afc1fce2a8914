// SPDX-License-Identifier: Apache-2.0
#include "hypercall/process/vehicle.hpp"

#include <csignal>
#include <cstring>

#include <sys/wait.h>

#include "generated/control/process.capnp.h"
#include "hypercall/control/packet.hpp"
#include "hypercall/process/counter.hpp"
#include <paravane/layout.h>

namespace paravane::process {

Result<std::unique_ptr<ProcessVehicle>> ProcessVehicle::create(Domain &domain)
{
    std::error_code error;
    SharedMemory mailboxes = SharedMemory::create(domain.vcpu_count() * sizeof(pv_mailbox),
                                                  SharedMemory::Pages::normal, error);
    if (error)
        return Problem{"memory for mailboxes: " + error.message()};
    Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
    if (!sockets)
        return sockets.error();
    Result<Child> child =
        Child::start(program_beside("paravane-process-guest"), std::move(sockets->second));
    if (!child)
        return child.error();

    std::unique_ptr<ProcessVehicle> vehicle(new ProcessVehicle(
        domain, std::move(mailboxes), std::move(*child), std::move(sockets->first)));
    for (uint32_t id = 0; id < domain.vcpu_count(); id++)
        vehicle->threads_.push_back(
            std::make_unique<MailboxThread>(domain, VcpuId{id}, vehicle->mailboxes_));
    return vehicle;
}

ProcessVehicle::ProcessVehicle(Domain &domain, SharedMemory mailboxes, Child child, UniqueFd socket)
    : domain_(domain), mailboxes_(std::move(mailboxes)), child_(std::move(child)),
      socket_(std::move(socket)), counter_khz_(measure_counter_khz())
{
}

ProcessVehicle::~ProcessVehicle()
{
    stop();
    join();
}

void ProcessVehicle::begin()
{
    for (const auto &thread : threads_)
        thread->begin();
}

Result<void> ProcessVehicle::start(const Image &image, const VcpuStart &start)
{
    begin();
    if (Result<void> sent = send_plan(image); !sent)
        return sent.error();
    threads_[0]->start(start);
    return {};
}

Result<void> ProcessVehicle::send_plan(const Image &image)
{
    struct Wanted {
        GuestVirtual at;
        uint64_t bytes;
        uint32_t descriptor;
        uint64_t offset;
        uint32_t access;
    };
    std::vector<Wanted> mappings;
    std::vector<int> fds;

    for (const auto &region : domain_.memory().regions()) {
        const bool readable_only = (region->flags & PV_MEMORY_HOST_WRITES) != 0;
        mappings.push_back({{region->base.value + PV_GUEST_VIRTUAL_BASE},
                            region->bytes(),
                            static_cast<uint32_t>(fds.size()),
                            0,
                            readable_only ? PV_PROTECT_READ : PV_PROTECT_READ | PV_PROTECT_WRITE});
        fds.push_back(region->memory.fd());
    }
    // Later ones lie over earlier ones. Descriptor 0 is the RAM from address 0.
    for (const Segment &segment : image.segments)
        mappings.push_back({segment.at, segment.bytes, 0, segment.to.value, segment.access});
    for (std::size_t i = 0; i < domain_.memory().regions().size(); i++) {
        if (domain_.memory().regions()[i]->base.value == PV_HOST_PAGES)
            mappings.push_back({{PV_HYPERCALL_PAGE + PV_GUEST_VIRTUAL_BASE},
                                PV_PAGE_SIZE,
                                static_cast<uint32_t>(i),
                                PV_HYPERCALL_PAGE - PV_HOST_PAGES,
                                PV_PROTECT_READ | PV_PROTECT_EXECUTE});
    }
    fds.push_back(mailboxes_.fd());

    capnp::MallocMessageBuilder message;
    auto plan = message.initRoot<control::GuestPlan>();
    auto list = plan.initMappings(static_cast<uint32_t>(mappings.size()));
    plan.setVcpus(domain_.vcpu_count());
    for (uint32_t i = 0; i < mappings.size(); i++) {
        list[i].setAddress(mappings[i].at.value);
        list[i].setBytes(mappings[i].bytes);
        list[i].setDescriptor(mappings[i].descriptor);
        list[i].setOffset(mappings[i].offset);
        list[i].setAccess(mappings[i].access);
    }
    return control::send_packet(socket_.get(), message, fds);
}

Stub ProcessVehicle::stub(uint32_t number) const
{
    constexpr uint64_t entry = PV_MAILBOX_ENTRY;
    Stub code;

    code.fill(0xcc);
    code[0] = 0xb8; // mov eax, number
    std::memcpy(&code[1], &number, sizeof(number));
    code[5] = 0x49; // mov r11, entry
    code[6] = 0xbb;
    std::memcpy(&code[7], &entry, sizeof(entry));
    code[15] = 0x41; // jmp [r11]
    code[16] = 0xff;
    code[17] = 0x23;
    return code;
}

int64_t ProcessVehicle::start_vcpu(VcpuId vcpu, const VcpuStart &start)
{
    threads_[vcpu.value]->start(start);
    return 0;
}

void ProcessVehicle::hold(VcpuId caller)
{
    for (const auto &thread : threads_) {
        if (thread != threads_[caller.value])
            thread->hold();
    }
}

void ProcessVehicle::release(VcpuId caller)
{
    for (const auto &thread : threads_) {
        if (thread != threads_[caller.value])
            thread->release();
    }
}

void ProcessVehicle::stop()
{
    child_.kill();
    for (const auto &thread : threads_)
        thread->stop();
}

void ProcessVehicle::join()
{
    for (const auto &thread : threads_)
        thread->join();
}

std::string ProcessVehicle::why_it_ended()
{
    const int status = child_.wait();

    if (WIFSIGNALED(status))
        return std::string("the guest's process died: ") + strsignal(WTERMSIG(status));
    return "the guest's process ended with status " + std::to_string(WEXITSTATUS(status));
}

} // namespace paravane::process
