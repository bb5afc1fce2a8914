// SPDX-License-Identifier: Apache-2.0
//
// A maker that shrinks its memory and seals it between two calls of the one that adopts it, or a
// descriptor that goes. The linker puts our fcntl() before the C library's (--wrap=fcntl), and there
// they strike.
#include <cstdarg>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <paravane/shared_memory.hpp>
#include <sys/mman.h>
#include <unistd.h>

extern "C" {
// The linker's names of them.
int real_fcntl(int fd, int command, ...) __asm__("__real_fcntl");
int wrap_fcntl(int fd, int command, ...) __asm__("__wrap_fcntl");
}

namespace {

enum class Strike { none, shrink, close };

Strike strike = Strike::none;

} // namespace

int wrap_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    const int argument = va_arg(arguments, int);
    va_end(arguments);
    const Strike now = command == F_GET_SEALS ? strike : Strike::none;
    if (now == Strike::shrink) {
        EXPECT_EQ(ftruncate(fd, 4096), 0);
        EXPECT_EQ(real_fcntl(fd, F_ADD_SEALS, paravane::SharedMemory::seals), 0);
    }
    const int result = real_fcntl(fd, command, argument);
    if (now == Strike::close) {
        EXPECT_EQ(close(fd), 0);
    }
    if (now != Strike::none)
        strike = Strike::none;
    return result;
}

namespace paravane::unit {

namespace {

TEST(AdoptRace, SizeIsReadAfterTheSeals)
{
    const int fd = memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(ftruncate(fd, 16384), 0);
    strike = Strike::shrink;
    std::error_code error;
    const SharedMemory memory = SharedMemory::adopt(fd, error);
    ASSERT_EQ(strike, Strike::none) << "the seals were not asked for";
    // Refused, or mapped at the size that the seals make final: beyond it lies a SIGBUS.
    if (!error) {
        EXPECT_EQ(memory.size(), 4096U);
    }
}

TEST(AdoptRace, DescriptorThatGoesIsAnError)
{
    const int fd = memfd_create("paravane", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(ftruncate(fd, 4096), 0);
    ASSERT_EQ(real_fcntl(fd, F_ADD_SEALS, SharedMemory::seals), 0);
    strike = Strike::close;
    std::error_code error;
    const SharedMemory memory = SharedMemory::adopt(fd, error);
    EXPECT_EQ(error, std::errc::bad_file_descriptor);
    EXPECT_EQ(memory.size(), 0U);
}

} // namespace

} // namespace paravane::unit
