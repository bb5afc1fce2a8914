// SPDX-License-Identifier: Apache-2.0
//
// The page tables of a guest at CPL 3. The host alone writes them: the guest's copy lies in system pages
// that it cannot reach, and what it holds is never read back, since the original is here.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "hypercall/host/guest_address.hpp"
#include "hypercall/host/result.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::kvm {

enum class Access : uint8_t { none = 0, read = 1, write = 2, execute = 4, host = 8, device = 16 };

constexpr Access operator|(Access a, Access b)
{
    return static_cast<Access>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}
constexpr bool has(Access access, Access bit)
{
    return (static_cast<uint8_t>(access) & static_cast<uint8_t>(bit)) != 0;
}

class PageTables {
  public:
    // Tables are put into `memory`, which the guest has at `base`, from `offset` on to its end.
    PageTables(const SharedMemory &memory, GuestAddress base, uint64_t offset);

    // Where a vCPU's cr3 points.
    [[nodiscard]] GuestAddress root() const { return address_of(0); }

    // Maps [from, from + bytes) to [to, to + bytes); all three are multiples of 4 KiB. Large pages are
    // used where they fit, and broken up where a part of one changes. Access::none unmaps.
    [[nodiscard]] Result<void> map(GuestVirtual from, GuestAddress to, uint64_t bytes,
                                   Access access);

  private:
    static constexpr uint64_t page = 4096;
    static constexpr uint64_t large_page = uint64_t{2} << 20;
    static constexpr std::size_t entries = 512;

    struct Table {
        std::array<uint64_t, entries> entry{};
        std::array<uint32_t, entries> below{}; // the table an entry points to, 0 for none
    };

    [[nodiscard]] GuestAddress address_of(uint32_t table) const
    {
        return {base_.value + offset_ + table * page};
    }
    void set(uint32_t table, std::size_t index, uint64_t value);
    // The table below this entry, made if there is none; 0 when there is no room for it.
    [[nodiscard]] uint32_t below(uint32_t table, std::size_t index);
    [[nodiscard]] uint32_t make_table();

    const SharedMemory &memory_;
    GuestAddress base_;
    uint64_t offset_;
    std::vector<Table> tables_; // [0] is the root
};

} // namespace paravane::kvm
