// SPDX-License-Identifier: Apache-2.0
#include "ring_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

namespace paravane::unit {

namespace {

constexpr uint64_t page = 4096;
constexpr unsigned char guard = 0xa5;

[[noreturn]] void fail(const char *what)
{
    std::perror(what);
    std::abort();
}

} // namespace

RingMemory::RingMemory(uint64_t bytes)
    : mapped_(page + (bytes + page - 1) / page * page + page), bytes_(bytes)
{
    void *mapping =
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        fail("mmap");
    mapping_ = static_cast<unsigned char *>(mapping);
    ring_ = mapping_ + page;
    std::memset(mapping_, guard, page);
    std::memset(ring_ + bytes_, guard, mapped_ - page - bytes_);
}

RingMemory::~RingMemory()
{
    munmap(mapping_, mapped_);
}

pv_shared RingMemory::at(uint64_t offset) const
{
    return pv_shared_from_pointer(ring_ + offset);
}

uint32_t RingMemory::word(uint64_t offset) const
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i++)
        value |= static_cast<uint32_t>(ring_[offset + i]) << (8 * i);
    return value;
}

void RingMemory::set_word(uint64_t offset, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        ring_[offset + i] = static_cast<unsigned char>(value >> (8 * i));
}

void RingMemory::restore(const std::vector<unsigned char> &image)
{
    std::copy(image.begin(), image.end(), ring_);
}

bool RingMemory::guards_hold() const
{
    const auto holds = [](unsigned char byte) { return byte == guard; };
    return std::all_of(mapping_, ring_, holds) &&
           std::all_of(ring_ + bytes_, mapping_ + mapped_, holds);
}

void RingMemory::forbid()
{
    if (mprotect(mapping_, mapped_, PROT_NONE) != 0)
        fail("mprotect");
}

void RingMemory::allow()
{
    if (mprotect(mapping_, mapped_, PROT_READ | PROT_WRITE) != 0)
        fail("mprotect");
}

} // namespace paravane::unit
