// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/page_tables.hpp"

namespace paravane::kvm {

namespace {

constexpr uint64_t present = 1;
constexpr uint64_t writable = 1 << 1;
constexpr uint64_t user = 1 << 2;
constexpr uint64_t uncached = 1 << 4;
constexpr uint64_t accessed = 1 << 5;
constexpr uint64_t dirty = 1 << 6;
constexpr uint64_t large = 1 << 7;
constexpr uint64_t no_execute = uint64_t{1} << 63;
constexpr uint64_t address_bits = 0x000ffffffffff000;

uint64_t entry_of(GuestAddress to, Access access, bool is_large)
{
    if (access == Access::none)
        return 0;
    return to.value | present | accessed | dirty | (has(access, Access::host) ? 0 : user) |
           (has(access, Access::write) ? writable : 0) | (is_large ? large : 0) |
           (has(access, Access::device) ? uncached : 0) |
           (has(access, Access::execute) ? 0 : no_execute);
}

std::size_t index_of(GuestVirtual address, int level)
{
    return (address.value >> (12 + 9 * level)) & 511;
}

} // namespace

PageTables::PageTables(const SharedMemory &memory, GuestAddress base, uint64_t offset)
    : memory_(memory), base_(base), offset_(offset), tables_(1)
{
}

Result<void> PageTables::map(GuestVirtual from, GuestAddress to, uint64_t bytes, Access access)
{
    while (bytes > 0) {
        uint32_t table = 0;
        for (int level = 3; level > 1 && (level == 3 || table != 0); level--)
            table = below(table, index_of(from, level));
        if (table == 0)
            return Problem{"no room for page tables"};

        const std::size_t index = index_of(from, 1);
        const bool fits =
            from.value % large_page == 0 && to.value % large_page == 0 && bytes >= large_page;
        // A table of small pages stays, so that a large page is broken up once.
        if (fits && tables_[table].below[index] == 0) {
            set(table, index, entry_of(to, access, true));
        } else {
            const uint32_t last = below(table, index);
            if (last == 0)
                return Problem{"no room for page tables"};
            set(last, index_of(from, 0), entry_of(to, access, false));
        }
        const uint64_t step = fits && tables_[table].below[index] == 0 ? large_page : page;
        from.value += step;
        to.value += step;
        bytes -= step;
    }
    return {};
}

void PageTables::set(uint32_t table, std::size_t index, uint64_t value)
{
    tables_[table].entry[index] = value;
    pv_shared_copy_in(memory_.at(offset_ + table * page + index * sizeof(value)), &value,
                      sizeof(value));
}

uint32_t PageTables::below(uint32_t table, std::size_t index)
{
    if (tables_[table].below[index] != 0)
        return tables_[table].below[index];
    const uint32_t made = make_table();
    if (made == 0)
        return 0;

    const uint64_t old = tables_[table].entry[index];
    if ((old & large) != 0) {
        for (std::size_t i = 0; i < entries; i++)
            set(made, i, (old & ~large) + i * page);
    }
    tables_[table].below[index] = made;
    set(table, index,
        (address_of(made).value & address_bits) | present | writable | user | accessed);
    return made;
}

uint32_t PageTables::make_table()
{
    const uint64_t room = (memory_.size() - offset_) / page;
    if (tables_.size() >= room)
        return 0;
    tables_.emplace_back();
    return static_cast<uint32_t>(tables_.size() - 1);
}

} // namespace paravane::kvm
