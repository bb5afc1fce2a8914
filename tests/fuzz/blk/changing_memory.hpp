// SPDX-License-Identifier: Apache-2.0
//
// The memory of a guest that shares it with a backend: an arena, a grant table, and what the backend writes of
// its pins. While somebody lies, what is read may be other than what was there, and stays so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backend/engine/granted_memory.hpp"
#include "input.hpp"

namespace paravane::fuzz {

inline constexpr uint64_t arena_base = UINT64_C(0x10000000);
inline constexpr uint32_t arena_pages = 16;
inline constexpr uint64_t arena_size = uint64_t{arena_pages} * PV_PAGE_SIZE;

// Says what does not hold and aborts: libFuzzer keeps the input.
void require(bool holds, const char *what);

class ChangingMemory {
  public:
    // A process has one.
    static ChangingMemory &instance();

    // All of it zero, and nothing pinned.
    void reset();
    [[nodiscard]] GrantedMemory &granted() { return *granted_; }
    [[nodiscard]] pv_shared arena_at(uint64_t offset) const { return {arena_.address + offset}; }

    // The guest's own.
    [[nodiscard]] std::span<std::byte> arena_bytes() const { return arena_.bytes; }
    void set_grant(uint32_t number, const pv_grant_entry &entry) const;

    // From now on `liar` has a word in each read; null: nobody has.
    void set_liar(Input *liar) { liar_ = liar; }
    // How often each byte of the arena was read since the last call of this.
    void forget_reads()
    {
        if (std::exchange(read_, false))
            reads_.fill(0);
        entries_read_.clear();
    }
    [[nodiscard]] bool was_read() const { return read_; }
    [[nodiscard]] const std::array<uint8_t, arena_size> &reads() const { return reads_; }
    // The entries of the grant table that were read since then, each as it was read, by their numbers.
    [[nodiscard]] std::span<const std::pair<uint32_t, pv_grant_entry>> entries_read() const
    {
        return entries_read_;
    }
    // How many pins there are, by what the backend says.
    [[nodiscard]] uint64_t pinned() const;

    // Is told of each store of a word in the arena, before it is made: its offset and value.
    std::function<void(uint64_t offset, uint32_t value)> at_store;

    // For the policy.
    uint32_t load(pv_shared from);
    void store(pv_shared to, uint32_t value);
    void copy_out(std::byte *to, pv_shared from, uint32_t bytes);
    void copy_in(pv_shared to, const std::byte *from, uint32_t bytes);

  private:
    struct Region {
        uintptr_t address = 0; // where the backend sees it
        std::span<std::byte> bytes;

        [[nodiscard]] bool holds(pv_shared at, uint64_t count) const
        {
            return at.address >= address && at.address - address + count <= bytes.size();
        }
    };

    ChangingMemory();
    [[nodiscard]] Region made(uint64_t bytes, SharedMemory &memory);
    void read(pv_shared from, std::byte *to, uint32_t bytes);

    Region arena_;
    Region table_;
    // Whatever lies elsewhere is the backend's own: its pins.
    std::map<uintptr_t, uint32_t> others_;
    std::unique_ptr<GrantedMemory> granted_;
    Input *liar_ = nullptr;
    std::array<uint8_t, arena_size> reads_{};
    bool read_ = false; // some of it
    std::vector<pv_grant_entry> last_read_;
    std::vector<std::pair<uint32_t, pv_grant_entry>> entries_read_;
};

} // namespace paravane::fuzz
