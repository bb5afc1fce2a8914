// SPDX-License-Identifier: Apache-2.0
//
// A maker that shrinks its memory and seals it between two calls of the one that adopts it. The
// linker puts our fcntl() before the C library's (--wrap=fcntl), and there the maker strikes.
#include <cstdarg>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <paravane/shared_memory.hpp>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
int __real_fcntl(int fd, int command, ...); // NOLINT(bugprone-reserved-identifier): the linker's
int __wrap_fcntl(int fd, int command, ...); // NOLINT(bugprone-reserved-identifier): names
}

namespace {

bool strikes = false;

} // namespace

int __wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    const int argument = va_arg(arguments, int);
    va_end(arguments);
    if (strikes && command == F_GET_SEALS) {
        strikes = false;
        EXPECT_EQ(ftruncate(fd, 4096), 0);
        EXPECT_EQ(__real_fcntl(fd, F_ADD_SEALS, paravane::SharedMemory::seals), 0);
    }
    return __real_fcntl(fd, command, argument);
}

namespace paravane::unit {

namespace {

TEST(AdoptRace, SizeIsReadAfterTheSeals)
{
    const int fd = memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(ftruncate(fd, 16384), 0);
    strikes = true;
    std::error_code error;
    const SharedMemory memory = SharedMemory::adopt(fd, error);
    ASSERT_FALSE(strikes) << "the seals were not asked for";
    // Refused, or mapped at the size that the seals make final: beyond it lies a SIGBUS.
    if (!error) {
        EXPECT_EQ(memory.size(), 4096U);
    }
}

} // namespace

} // namespace paravane::unit
