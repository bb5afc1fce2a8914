// SPDX-License-Identifier: Apache-2.0
//
// To be preloaded into paravane and its processes: guests get no I/O port at all, neither by their
// privilege level (IOPL is 0) nor by a bitmap (there is none), so that any instruction of a guest's kernel
// that would need either is a general protection fault, which panics. What is meant to get through, the
// hypercall, does so by other means: its stub stores to a page that nothing is behind, and that exit is told to
// the domain process as the port write which it expects.
//
// With PARAVANE_SHUT_PORTS=wholly the stubs stay as they are: then the first hypercall must fault.
#include <array>
#include <atomic>
#include <bit>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include <paravane/hypercall.h>
#include <paravane/layout.h>
}

namespace {

constexpr uint16_t hypercall_port = 0x9c;
constexpr uint64_t io_privilege = 3U << 12;
// A task segment that ends before its bitmap would begin.
constexpr uint32_t limit_without_bitmap = 0x67;
// Doorbells are mapped in pages of 2 MiB; no port's is this far up.
constexpr uint64_t trap = PV_DOORBELLS + PV_LARGE_PAGE_SIZE / 2;

// The three bytes of `out port, eax; ret`, where the number's move to eax ends.
constexpr std::size_t stub_exit = 5;
constexpr std::array<unsigned char, 3> port_exit = {0xe7, hypercall_port, 0xc3};

struct RunningVcpu {
    int fd = -1;
    kvm_run *run = nullptr;
};

std::array<RunningVcpu, PV_VCPUS_MAX> vcpus; // all made by one thread, before any runs
std::atomic<std::size_t> vcpu_count = 0;
std::atomic<unsigned char *> host_pages = nullptr;
std::atomic_flag changed = ATOMIC_FLAG_INIT;

int call(int fd, unsigned long request, void *argument)
{
    return static_cast<int>(syscall(SYS_ioctl, fd, request, argument));
}

void say(const char *text)
{
    (void)!write(STDERR_FILENO, text, std::strlen(text));
}

bool wholly()
{
    const char *how = std::getenv("PARAVANE_SHUT_PORTS");
    return how != nullptr && std::strcmp(how, "wholly") == 0;
}

// mov [trap], eax; ret
void change_stub(unsigned char *stub)
{
    constexpr uint64_t at = trap + PV_GUEST_VIRTUAL_BASE;

    stub[stub_exit] = 0xa3;
    std::memcpy(&stub[stub_exit + 1], &at, sizeof(at));
    stub[stub_exit + 1 + sizeof(at)] = 0xc3;
}

// Before the first instruction of the guest.
void change_stubs()
{
    unsigned char *page = host_pages.load() + (PV_HYPERCALL_PAGE - PV_HOST_PAGES);
    bool any = false;

    if (wholly() || changed.test_and_set())
        return;
    for (std::size_t at = 0; at < PV_PAGE_SIZE; at += PV_STUB_SIZE) {
        if (std::memcmp(page + at + stub_exit, port_exit.data(), port_exit.size()) == 0) {
            change_stub(page + at);
            any = true;
        }
    }
    say(any ? "shut-ports: the stubs are changed\n"
            : "shut-ports: found no stub that writes a port\n");
}

int make_vcpu(int machine, void *number)
{
    constexpr std::size_t bytes = 4096; // of what is used here
    const int fd = call(machine, KVM_CREATE_VCPU, number);

    if (fd >= 0 && vcpu_count < vcpus.size()) {
        void *area = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        vcpus[vcpu_count] = {fd, area == MAP_FAILED ? nullptr : static_cast<kvm_run *>(area)};
        vcpu_count++;
    }
    return fd;
}

int set_system_registers(int fd, const void *argument)
{
    kvm_sregs registers = {};

    std::memcpy(&registers, argument, sizeof(registers));
    registers.tr.limit = limit_without_bitmap;
    return call(fd, KVM_SET_SREGS, &registers);
}

int set_registers(int fd, const void *argument)
{
    kvm_regs registers = {};

    std::memcpy(&registers, argument, sizeof(registers));
    registers.rflags &= ~io_privilege;
    change_stubs();
    return call(fd, KVM_SET_REGS, &registers);
}

void tell_as_port(kvm_run &run)
{
    if (run.exit_reason != KVM_EXIT_MMIO || run.mmio.is_write == 0 || run.mmio.phys_addr != trap)
        return;
    run.exit_reason = KVM_EXIT_IO;
    run.io.direction = KVM_EXIT_IO_OUT;
    run.io.size = sizeof(uint32_t);
    run.io.port = hypercall_port;
    run.io.count = 1;
    run.io.data_offset = 0; // the number is in a register
}

int run_vcpu(int fd, void *argument)
{
    const int result = call(fd, KVM_RUN, argument);

    for (const RunningVcpu &vcpu : vcpus) {
        if (result == 0 && vcpu.fd == fd && vcpu.run != nullptr)
            tell_as_port(*vcpu.run);
    }
    return result;
}

int set_memory(int fd, void *argument)
{
    kvm_userspace_memory_region region = {};

    std::memcpy(&region, argument, sizeof(region));
    if (region.guest_phys_addr == PV_HOST_PAGES)
        host_pages = std::bit_cast<unsigned char *>(region.userspace_addr);
    return call(fd, KVM_SET_USER_MEMORY_REGION, argument);
}

} // namespace

extern "C" __attribute__((visibility("default"))) int ioctl(int fd, unsigned long request,
                                                            ...) noexcept
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);

    switch (request) {
    case KVM_CREATE_VCPU:
        return make_vcpu(fd, argument);
    case KVM_SET_USER_MEMORY_REGION:
        return set_memory(fd, argument);
    case KVM_SET_SREGS:
        return set_system_registers(fd, argument);
    case KVM_SET_REGS:
        return set_registers(fd, argument);
    case KVM_RUN:
        return run_vcpu(fd, argument);
    default:
        return call(fd, request, argument);
    }
}
