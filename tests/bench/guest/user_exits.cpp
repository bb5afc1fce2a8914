// SPDX-License-Identifier: Apache-2.0
#include "guest/user_exits.hpp"

#include <atomic>
#include <cstdarg>

#include <linux/kvm.h>

namespace {

std::atomic<uint64_t> exits = 0;

} // namespace

// The linker puts the first in the place of ioctl(), and calls that the second (--wrap). The dots are
// C's business.
// NOLINTBEGIN(cert-dcl50-cpp)
extern "C" {
int real_ioctl(int fd, unsigned long request, ...) __asm__("__real_ioctl");
int wrap_ioctl(int fd, unsigned long request, ...) __asm__("__wrap_ioctl");
}

int wrap_ioctl(int fd, unsigned long request, ...)
{
    std::va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    const int result = real_ioctl(fd, request, argument);

    if (request == KVM_RUN)
        exits.fetch_add(1, std::memory_order_relaxed);
    return result;
}
// NOLINTEND(cert-dcl50-cpp)

namespace paravane::bench {

uint64_t user_exits()
{
    return exits.load(std::memory_order_relaxed);
}

} // namespace paravane::bench
