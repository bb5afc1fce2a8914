// SPDX-License-Identifier: Apache-2.0
#include "changing_memory.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>

namespace paravane::fuzz {

void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

ChangingMemory &ChangingMemory::instance()
{
    static ChangingMemory memory;
    return memory;
}

ChangingMemory::Region ChangingMemory::made(uint64_t bytes, SharedMemory &memory)
{
    std::error_code error;

    memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);
    require(!error, "there is memory");
    void *const own = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.fd(), 0);
    require(own != MAP_FAILED, "it can be mapped");
    return {memory.at(0).address, {static_cast<std::byte *>(own), bytes}};
}

ChangingMemory::ChangingMemory() : last_read_(PV_GRANT_ENTRIES)
{
    SharedMemory arena;
    SharedMemory table;
    arena_ = made(arena_size, arena);
    table_ = made(PV_GRANT_TABLE_SIZE, table);
    Result<DomainPins> domain = DomainPins::create();
    require(domain.has_value(), "there are pins");
    auto pins = BackendPins::adopt(UniqueFd(fcntl(domain->area(), F_DUPFD_CLOEXEC, 0)),
                                   UniqueFd(fcntl(domain->unpinned(), F_DUPFD_CLOEXEC, 0)));
    require(pins.has_value(), "they are adopted");
    auto granted =
        GrantedMemory::make(std::move(arena), arena_base, std::move(table), std::move(*pins));
    require(granted.has_value(), "memory is granted");
    granted_ = std::move(*granted);
}

void ChangingMemory::reset()
{
    require(pinned() == 0, "nothing stays pinned");
    std::memset(arena_.bytes.data(), 0, arena_.bytes.size());
    std::memset(table_.bytes.data(), 0, table_.bytes.size());
    others_.clear();
    liar_ = nullptr;
    at_store = {};
}

void ChangingMemory::set_grant(uint32_t number, const pv_grant_entry &entry) const
{
    std::memcpy(&table_.bytes[number * sizeof(entry)], &entry, sizeof(entry));
}

uint64_t ChangingMemory::pinned() const
{
    uint64_t all = 0;
    for (const auto &[address, count] : others_)
        all += count;
    return all;
}

void ChangingMemory::read(pv_shared from, std::byte *to, uint32_t bytes)
{
    Region &region = arena_.holds(from, bytes) ? arena_ : table_;
    require(region.holds(from, bytes), "what is read lies in shared memory");
    const std::size_t at = from.address - region.address;

    // What is read from now on is this.
    if (liar_ != nullptr && !liar_->at_end() && liar_->below(4) == 0)
        region.bytes[at + liar_->below(bytes)] = static_cast<std::byte>(liar_->byte());
    std::memcpy(to, &region.bytes[at], bytes);
    if (&region == &arena_) {
        read_ = true;
        for (uint32_t i = 0; i < bytes; i++)
            reads_.at(at + i)++;
    } else {
        auto *const last = reinterpret_cast<std::byte *>(last_read_.data());
        std::memcpy(last + at, to, bytes);
        // Its last part is what is read last of it.
        const auto number = static_cast<uint32_t>(at / sizeof(pv_grant_entry));
        if (at % sizeof(pv_grant_entry) == offsetof(pv_grant_entry, first_frame))
            entries_read_.emplace_back(number, last_read_.at(number));
    }
}

uint32_t ChangingMemory::load(pv_shared from)
{
    if (!arena_.holds(from, 4) && !table_.holds(from, 4))
        return others_[from.address];
    pv_le32 word{};
    read(from, reinterpret_cast<std::byte *>(&word), sizeof(word));
    return pv_le32_get(word);
}

void ChangingMemory::store(pv_shared to, uint32_t value)
{
    require(!table_.holds(to, 4), "nobody writes the grant table");
    if (!arena_.holds(to, 4)) {
        others_[to.address] = value;
        return;
    }
    const uint64_t at = to.address - arena_.address;
    if (at_store)
        at_store(at, value);
    const pv_le32 word = pv_le32_of(value);
    std::memcpy(&arena_.bytes[at], &word, sizeof(word));
}

void ChangingMemory::copy_out(std::byte *to, pv_shared from, uint32_t bytes)
{
    read(from, to, bytes);
}

void ChangingMemory::copy_in(pv_shared to, const std::byte *from, uint32_t bytes)
{
    require(arena_.holds(to, bytes), "what is written lies in the arena");
    std::memcpy(&arena_.bytes[to.address - arena_.address], from, bytes);
}

} // namespace paravane::fuzz

using paravane::fuzz::ChangingMemory;

extern "C" {

pv_shared pv_shared_from_pointer(void *memory)
{
    return {reinterpret_cast<uintptr_t>(memory)};
}

uint32_t pv_shared_load_relaxed(pv_shared at)
{
    return ChangingMemory::instance().load(at);
}

uint32_t pv_shared_load_acquire(pv_shared at)
{
    return ChangingMemory::instance().load(at);
}

void pv_shared_store_relaxed(pv_shared at, uint32_t value)
{
    ChangingMemory::instance().store(at, value);
}

void pv_shared_store_release(pv_shared at, uint32_t value)
{
    ChangingMemory::instance().store(at, value);
}

void pv_shared_fence()
{
}

void pv_shared_copy_out(void *to, pv_shared from, uint32_t bytes)
{
    ChangingMemory::instance().copy_out(static_cast<std::byte *>(to), from, bytes);
}

void pv_shared_copy_in(pv_shared to, const void *from, uint32_t bytes)
{
    ChangingMemory::instance().copy_in(to, static_cast<const std::byte *>(from), bytes);
}
}
