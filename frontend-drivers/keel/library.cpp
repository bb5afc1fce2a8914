// SPDX-License-Identifier: Apache-2.0
//
// What compilers and their headers expect of every program's library.
#include <cstddef>
#include <cstdint>

#include "frontend-drivers/keel/panic.hpp"

extern "C" {
void *memcpy(void *to, const void *from, std::size_t bytes);
void *memmove(void *to, const void *from, std::size_t bytes);
void *memset(void *to, int value, std::size_t bytes);
int memcmp(const void *left, const void *right, std::size_t bytes);
const void *memchr(const void *memory, int value, std::size_t bytes);
std::size_t strlen(const char *text);
[[noreturn]] void pure_virtual() __asm__("__cxa_pure_virtual");
}

void *memcpy(void *to, const void *from, std::size_t bytes)
{
    void *result = to;
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
    return result;
}

void *memmove(void *to, const void *from, std::size_t bytes)
{
    auto *out = static_cast<volatile unsigned char *>(to);
    const auto *in = static_cast<const volatile unsigned char *>(from);

    if (out <= in || out >= in + bytes)
        return memcpy(to, from, bytes);
    while (bytes > 0) {
        bytes--;
        out[bytes] = in[bytes];
    }
    return to;
}

void *memset(void *to, int value, std::size_t bytes)
{
    void *result = to;
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
    return result;
}

int memcmp(const void *left, const void *right, std::size_t bytes)
{
    const auto *a = static_cast<const volatile unsigned char *>(left);
    const auto *b = static_cast<const volatile unsigned char *>(right);

    for (std::size_t i = 0; i < bytes; i++) {
        const int difference = a[i] - b[i];
        if (difference != 0)
            return difference;
    }
    return 0;
}

const void *memchr(const void *memory, int value, std::size_t bytes)
{
    const auto *at = static_cast<const volatile unsigned char *>(memory);

    for (; bytes > 0; bytes--, at++) {
        if (*at == static_cast<unsigned char>(value))
            return const_cast<const unsigned char *>(at);
    }
    return nullptr;
}

std::size_t strlen(const char *text)
{
    const volatile char *end = text;

    while (*end != 0)
        end++;
    return static_cast<std::size_t>(end - text);
}

void pure_virtual()
{
    keel::panic("a function that is not there was called");
}
