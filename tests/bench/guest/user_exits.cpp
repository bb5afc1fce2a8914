// SPDX-License-Identifier: Apache-2.0
#include "guest/user_exits.hpp"

#include <atomic>
#include <cstdarg>

#include <linux/kvm.h>

namespace {

std::atomic<uint64_t> exits = 0;

} // namespace

// The linker puts the first in the place of ioctl(), and calls that the second (--wrap). Names, and the
// dots, are its and C's business.
// NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl50-cpp)
extern "C" {
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    std::va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    const int result = __real_ioctl(fd, request, argument);

    if (request == KVM_RUN)
        exits.fetch_add(1, std::memory_order_relaxed);
    return result;
}
// NOLINTEND(bugprone-reserved-identifier,cert-dcl50-cpp)

namespace paravane::bench {

uint64_t user_exits()
{
    return exits.load(std::memory_order_relaxed);
}

} // namespace paravane::bench
