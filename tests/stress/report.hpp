// SPDX-License-Identifier: Apache-2.0
//
// How a program ends early, from any thread or process of it.
#pragma once

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <unistd.h>

namespace paravane::stress {

// To one side of a fork or of two threads there is no exit that the other side does not notice: so
// no destructors run, and the whole process ends here. One write, since others may fail as we do.
[[noreturn, gnu::format(printf, 1, 2)]] inline void fail(const char *format, ...)
{
    std::array<char, 500> text = {};
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text.data(), text.size(), format, arguments);
    va_end(arguments);
    std::fflush(stdout);
    std::fprintf(stderr, "FAILED: %s\n", text.data());
    _exit(1);
}

// What the kernel lacks or forbids is a reason to skip; any other error is a failure.
[[noreturn]] inline void cannot(const char *what, int error)
{
    if (error != ENOSYS && error != EPERM && error != EACCES)
        fail("%s: %s", what, std::strerror(error));
    std::printf("SKIP: %s: %s\n", what, std::strerror(error));
    std::fflush(stdout);
    _exit(77);
}

} // namespace paravane::stress
