// SPDX-License-Identifier: Apache-2.0
#include "recorder.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace paravane::unit {

Recorder &Recorder::instance()
{
    static Recorder recorder;
    return recorder;
}

void Recorder::reset(uint32_t bytes)
{
    memory_.assign(bytes, 0);
    begin();
}

void Recorder::begin()
{
    reads_.assign(memory_.size(), 0);
    writes_.assign(memory_.size(), 0);
    trace_.clear();
}

uint32_t Recorder::word(uint32_t offset) const
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i++)
        value |= static_cast<uint32_t>(memory_.at(offset + i)) << (8 * i);
    return value;
}

void Recorder::set_word(uint32_t offset, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        memory_.at(offset + i) = static_cast<unsigned char>(value >> (8 * i));
}

unsigned int Recorder::most_reads() const
{
    return *std::max_element(reads_.begin(), reads_.end());
}

uint32_t Recorder::bytes_read(uint32_t from, uint32_t to) const
{
    return static_cast<uint32_t>(std::count_if(reads_.begin() + from, reads_.begin() + to,
                                               [](unsigned int count) { return count > 0; }));
}

uint32_t Recorder::bytes_written(uint32_t from, uint32_t to) const
{
    return static_cast<uint32_t>(std::count_if(writes_.begin() + from, writes_.begin() + to,
                                               [](unsigned int count) { return count > 0; }));
}

uint32_t Recorder::offset_of(pv_shared at, uint32_t bytes) const
{
    const uintptr_t offset = at.address - base;
    if (at.address < base || offset > memory_.size() || bytes > memory_.size() - offset) {
        std::printf("access of %u bytes outside the memory\n", bytes);
        std::abort();
    }
    return static_cast<uint32_t>(offset);
}

void Recorder::note(const std::string &what)
{
    trace_ += (trace_.empty() ? "" : ", ") + what;
}

uint32_t Recorder::load(pv_shared from, const char *order)
{
    const uint32_t offset = offset_of(from, 4);
    char text[32];
    std::snprintf(text, sizeof(text), "%s 0x%03x", order, offset);
    note(text);
    for (uint32_t i = 0; i < 4; i++)
        reads_[offset + i]++;
    return word(offset);
}

void Recorder::store(pv_shared to, uint32_t value, const char *order)
{
    const uint32_t offset = offset_of(to, 4);
    char text[32];
    std::snprintf(text, sizeof(text), "%s 0x%03x", order, offset);
    note(text);
    for (uint32_t i = 0; i < 4; i++)
        writes_[offset + i]++;
    set_word(offset, value);
}

void Recorder::fence()
{
    note("fence");
}

void Recorder::copy_out(unsigned char *to, pv_shared from, uint32_t bytes)
{
    const uint32_t offset = offset_of(from, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        reads_[offset + i]++;
        to[i] = memory_[offset + i];
    }
}

void Recorder::copy_in(pv_shared to, const unsigned char *from, uint32_t bytes)
{
    const uint32_t offset = offset_of(to, bytes);
    for (uint32_t i = 0; i < bytes; i++) {
        writes_[offset + i]++;
        memory_[offset + i] = from[i];
    }
}

} // namespace paravane::unit

using paravane::unit::Recorder;

uint32_t pv_shared_load_relaxed(struct pv_shared at)
{
    return Recorder::instance().load(at, "load");
}

uint32_t pv_shared_load_acquire(struct pv_shared at)
{
    return Recorder::instance().load(at, "acquire");
}

void pv_shared_store_relaxed(struct pv_shared at, uint32_t value)
{
    Recorder::instance().store(at, value, "store");
}

void pv_shared_store_release(struct pv_shared at, uint32_t value)
{
    Recorder::instance().store(at, value, "release");
}

void pv_shared_fence(void)
{
    Recorder::instance().fence();
}

void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes)
{
    Recorder::instance().copy_out(static_cast<unsigned char *>(to), from, bytes);
}

void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes)
{
    Recorder::instance().copy_in(to, static_cast<const unsigned char *>(from), bytes);
}
