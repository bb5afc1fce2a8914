// SPDX-License-Identifier: Apache-2.0
//
// paravane-process-guest: becomes the guest. Maps what the domain process sends on descriptor 3, makes a
// thread for each vCPU, gives up all else, and runs the guest's code.
#include <atomic>
#include <climits>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kj/exception.h>

#include "frontend-drivers/process/call.h"
#include "frontend-drivers/process/sandbox.hpp"
#include "generated/control/process.capnp.h"
#include "hypercall/control/packet.hpp"
#include <paravane/hypercall.h>
#include <paravane/mailbox.h>
#include <paravane/shared_memory.hpp>

namespace paravane::process {
namespace {

constexpr int domain_fd = 3;

int protection_of(uint32_t access)
{
    return ((access & PV_PROTECT_READ) != 0 ? PROT_READ : 0) |
           ((access & PV_PROTECT_WRITE) != 0 ? PROT_WRITE : 0) |
           ((access & PV_PROTECT_EXECUTE) != 0 ? PROT_EXEC : 0);
}

// The guest's memory has fixed addresses, which nothing else of this process uses.
bool map_at(uint64_t address, uint64_t bytes, int protection, int flags, int fd, uint64_t offset)
{
    return syscall(SYS_mmap, address, bytes, protection, flags | MAP_FIXED, fd, offset) ==
           static_cast<long>(address);
}

Result<void> map_guest(control::GuestPlan::Reader plan, const std::vector<UniqueFd> &fds)
{
    for (const auto mapping : plan.getMappings()) {
        if (mapping.getDescriptor() >= fds.size() ||
            !map_at(mapping.getAddress(), mapping.getBytes(), protection_of(mapping.getAccess()),
                    MAP_SHARED | MAP_NORESERVE, fds[mapping.getDescriptor()].get(),
                    mapping.getOffset()))
            return system_problem("guest memory at its address");
    }
    if (!map_at(PV_MAILBOX_ENTRY, PV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0))
        return system_problem("the hypercall entry's page");
    const auto entry = reinterpret_cast<uintptr_t>(&pv_process_entry);
    pv_shared_copy_in({PV_MAILBOX_ENTRY}, &entry, sizeof(entry));
    return {};
}

// std::atomic's own wait makes calls besides that the filter forbids.
void wait_while(const std::atomic<uint32_t> &word, uint32_t value)
{
    syscall(SYS_futex, &word, FUTEX_WAIT, value, nullptr, nullptr, 0);
}

void take_one(std::atomic<uint32_t> &word)
{
    word.fetch_sub(1);
    syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

// A vCPU's thread: waits for its start, which takes it into the guest.
void be_vcpu(const SharedMemory &mailboxes, uint32_t vcpu, std::atomic<uint32_t> &ready)
{
    const pv_process_request here = {PV_MAILBOX_READY, {}};

    pv_process_use_mailbox(mailboxes.at(vcpu * sizeof(pv_mailbox)));
    take_one(ready);
    // Not before all threads are there, and what they may do is settled.
    for (uint32_t left = ready.load(); left != 0; left = ready.load())
        wait_while(ready, left);
    (void)pv_process_call(&here);
    _exit(1);
}

Result<void> become_guest()
{
    if (Result<void> left = leave_host(); !left)
        return left.error();
    Result<control::Packet> packet = control::Packet::receive(domain_fd);
    if (!packet)
        return packet.error();
    const auto plan = packet->root<control::GuestPlan>();
    std::vector<UniqueFd> fds;
    for (std::size_t i = 0; i < packet->fd_count(); i++)
        fds.push_back(packet->take_fd(i));
    if (fds.empty())
        return Problem{"no memory came"};
    if (Result<void> mapped = map_guest(plan, fds); !mapped)
        return mapped.error();

    std::error_code error;
    static SharedMemory mailboxes;
    mailboxes = SharedMemory::adopt(fds.back().release(), error);
    if (error)
        return Problem{"mailboxes: " + error.message()};
    fds.clear();

    // One more than there are threads: the filter.
    static std::atomic<uint32_t> ready;
    const uint32_t vcpus = plan.getVcpus();
    ready = vcpus + 1;
    for (uint32_t vcpu = 1; vcpu < vcpus; vcpu++)
        std::thread([vcpu] { be_vcpu(mailboxes, vcpu, ready); }).detach();
    for (uint32_t left = ready.load(); left != 2; left = ready.load())
        wait_while(ready, left);
    close_range(0, ~0U, 0);
    if (Result<void> confined = enter_sandbox(); !confined)
        return confined.error();
    take_one(ready);
    be_vcpu(mailboxes, 0, ready);
    return {};
}

} // namespace
} // namespace paravane::process

int main()
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // Terminal signals are the supervisor's to translate.
    std::signal(SIGINT, SIG_IGN);
    try {
        if (auto done = paravane::process::become_guest(); !done)
            std::fprintf(stderr, "paravane-process-guest: %s\n", done.error().text.c_str());
    } catch (const kj::Exception &problem) {
        std::fprintf(stderr, "paravane-process-guest: %s\n", problem.getDescription().cStr());
    }
    return 1;
}
