// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/ide.hpp"

#include "frontend-drivers/keel/bare/pci.hpp"

namespace keel::bare {

namespace {

constexpr uint32_t kind_of_ide = 0x010100;

// The first channel's ports.
constexpr uint16_t data = 0x1f0;
constexpr uint16_t count = 0x1f2;
constexpr uint16_t sector_low = 0x1f3;
constexpr uint16_t sector_middle = 0x1f4;
constexpr uint16_t sector_high = 0x1f5;
constexpr uint16_t device = 0x1f6;
constexpr uint16_t command = 0x1f7; // read: the state
constexpr uint16_t control = 0x3f6;

constexpr uint8_t no_interrupt = 0x02;
constexpr uint8_t first_by_sector = 0xe0;

constexpr uint8_t state_error = 0x01;
constexpr uint8_t state_data = 0x08;
constexpr uint8_t state_busy = 0x80;

constexpr uint8_t identify_device = 0xec;
constexpr uint8_t read_dma = 0xc8;
constexpr uint8_t write_dma = 0xca;
constexpr uint8_t read_dma_wide = 0x25;
constexpr uint8_t write_dma_wide = 0x35;
constexpr uint8_t flush_cache = 0xe7;

// The bus master's ports, from its first.
constexpr uint16_t master_command = 0;
constexpr uint16_t master_state = 2;
constexpr uint16_t master_areas = 4;
constexpr uint8_t master_start = 0x01;
constexpr uint8_t master_to_memory = 0x08;
constexpr uint8_t master_active = 0x01;
constexpr uint8_t master_error = 0x02;
constexpr uint8_t master_clear = 0x06;

constexpr uint16_t last_area = 0x8000;
constexpr uint64_t area_bytes = 0x10000;

// What 28 bits of a sector's number and 8 of a count, where 0 is 256, can say.
constexpr uint64_t narrow_sectors = uint64_t{1} << 28;
constexpr uint32_t narrow_count = 256;

constexpr std::size_t sectors_at = 100;
constexpr uint32_t bytes_most = 512U << 10;

uint8_t await_state(uint8_t bits_clear)
{
    for (;;) {
        const uint8_t state = in8(command);
        if ((state & bits_clear) == 0)
            return state;
    }
}

// 256 words by one instruction.
void read_sector(std::array<uint16_t, 256> &to)
{
    void *at = to.data();
    uint64_t words = to.size();

    asm volatile("cld; rep insw" : "+D"(at), "+c"(words) : "d"(data) : "memory");
}

} // namespace

Complaint Ide::open(const Features & /*features*/)
{
    const auto function = pci::find_kind(kind_of_ide, 0xffff00);
    std::array<uint16_t, 256> identity = {};

    if (!function)
        return "no IDE controller";
    function->enable();
    master_ = static_cast<uint16_t>(function->base(4));
    out8(static_cast<uint16_t>(master_ + master_command), 0);
    out8(control, no_interrupt);
    out8(device, first_by_sector);
    (void)await_state(state_busy);
    out8(command, identify_device);
    if (const uint8_t state = await_state(state_busy);
        (state & state_error) != 0 || (state & state_data) == 0)
        return "the IDE disk does not say what it is";
    read_sector(identity);
    sectors_ = 0;
    for (std::size_t word = 0; word < 4; word++)
        sectors_ |= uint64_t{identity[sectors_at + word]} << (16 * word);
    depth_max_ = 1;
    bytes_max_ = bytes_most;
    has_one_ = false;
    out32(static_cast<uint16_t>(master_ + master_areas),
          static_cast<uint32_t>(device_address(&areas_)));
    out8(static_cast<uint16_t>(master_ + master_state), master_clear);
    return {};
}

void Ide::name_areas()
{
    uint64_t at = buffer_address(io_.buffer);
    const uint64_t end = at + uint64_t{io_.sectors} * 512;

    for (std::size_t number = 0; at < end; number++) {
        const uint64_t next = std::min(end, (at / area_bytes + 1) * area_bytes);
        areas_[number] = {static_cast<uint32_t>(at), static_cast<uint16_t>(next - at),
                          next == end ? last_area : uint16_t{0}};
        at = next;
    }
}

// Tells the disk which sectors. The upper halves go first, through the same ports.
void Ide::select(bool wide)
{
    const auto byte = [this](uint32_t number) {
        return static_cast<uint8_t>(io_.sector >> (8 * number));
    };

    if (wide) {
        out8(count, static_cast<uint8_t>(io_.sectors >> 8));
        out8(sector_low, byte(3));
        out8(sector_middle, byte(4));
        out8(sector_high, byte(5));
    }
    out8(count, static_cast<uint8_t>(io_.sectors));
    out8(sector_low, byte(0));
    out8(sector_middle, byte(1));
    out8(sector_high, byte(2));
    out8(device, static_cast<uint8_t>(first_by_sector | (wide ? 0 : byte(3) & 0x0f)));
}

void Ide::kick()
{
    if (io_.kind == Kind::flush) {
        out8(command, flush_cache);
        return;
    }
    const bool reads = io_.kind == Kind::read;
    const bool wide = io_.sector + io_.sectors > narrow_sectors || io_.sectors > narrow_count;
    name_areas();
    full_barrier();
    select(wide);
    if (reads)
        out8(command, wide ? read_dma_wide : read_dma);
    else
        out8(command, wide ? write_dma_wide : write_dma);
    out8(static_cast<uint16_t>(master_ + master_command),
         reads ? master_start | master_to_memory : master_start);
}

bool Ide::is_over(int32_t &status) const
{
    bool good = true;

    if (io_.kind != Kind::flush) {
        const uint8_t master = in8(static_cast<uint16_t>(master_ + master_state));
        if ((master & (master_active | master_error)) == master_active)
            return false;
        good = (master & master_error) == 0;
        out8(static_cast<uint16_t>(master_ + master_command), 0);
        if (!good)
            out8(static_cast<uint16_t>(master_ + master_state), master_clear);
    }
    const uint8_t state = in8(command);
    if (io_.kind == Kind::flush && (state & state_busy) != 0)
        return false;
    status = good && (state & state_error) == 0 ? 0 : status_io;
    return true;
}

} // namespace keel::bare
