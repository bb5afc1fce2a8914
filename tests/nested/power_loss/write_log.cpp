// SPDX-License-Identifier: Apache-2.0
#include "write_log.hpp"

#include <array>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace paravane::nested {

namespace {

// All is little-endian, as is every machine that this runs on. Sectors are the logged device's, of 512 bytes.
constexpr std::size_t sector_bytes = 512;
constexpr uint64_t right_magic = 0x6a736677736872;
constexpr uint64_t right_version = 1;

constexpr uint64_t flag_flush = 1U << 0;
constexpr uint64_t flag_fua = 1U << 1;
constexpr uint64_t flag_discard = 1U << 2;
constexpr uint64_t flag_mark = 1U << 3;
constexpr uint64_t flag_metadata = 1U << 4;
constexpr uint64_t flags = flag_flush | flag_fua | flag_discard | flag_mark | flag_metadata;

struct Super {
    uint64_t magic;
    uint64_t version;
    uint64_t entries;
    uint32_t sector_bytes;
    uint32_t padding;
};

// A sector of its own; a mark follows in it, else the data in the next ones.
struct Head {
    uint64_t sector;
    uint64_t sectors;
    uint64_t flags;
    uint64_t mark_bytes;
};

} // namespace

Result<WriteLog> WriteLog::open(const std::string &device)
{
    WriteLog log(UniqueFd(::open(device.c_str(), O_RDONLY | O_CLOEXEC)));
    Super super = {};

    if (!log.device_)
        return system_problem(device);
    if (!log.read(0, &super, sizeof(super)))
        return system_problem(device + ": its first sector");
    if (super.magic != right_magic || super.version != right_version ||
        super.sector_bytes != sector_bytes)
        return Problem{device + " has no log"};
    log.entries_ = super.entries;
    log.left_ = super.entries;
    return log;
}

bool WriteLog::read(uint64_t sector, void *to, std::size_t bytes) const
{
    return pread(device_.get(), to, bytes, static_cast<off_t>(sector * sector_bytes)) ==
           static_cast<ssize_t>(bytes);
}

Result<LogEntry> WriteLog::next()
{
    std::array<char, sector_bytes> sector{};
    Head head = {};
    LogEntry entry;

    if (!read(sector_, sector.data(), sector.size()))
        return system_problem("the log's sector " + std::to_string(sector_));
    std::memcpy(&head, sector.data(), sizeof(head));
    const bool mark = (head.flags & flag_mark) != 0;
    if ((head.flags & ~flags) != 0 || head.sectors > PTRDIFF_MAX / sector_bytes ||
        head.mark_bytes > (mark ? sector_bytes - sizeof(head) : 0))
        return Problem{"the log's sector " + std::to_string(sector_) + " is no entry"};
    sector_++;
    left_--;
    entry.sector = head.sector;
    entry.sectors = head.sectors;
    entry.flush = (head.flags & flag_flush) != 0;
    entry.fua = (head.flags & flag_fua) != 0;
    entry.discard = (head.flags & flag_discard) != 0;
    if (mark)
        entry.mark = std::string(sector.data() + sizeof(head), head.mark_bytes);
    if (entry.discard || entry.sectors == 0)
        return entry;
    entry.data.resize(entry.sectors * sector_bytes);
    if (!read(sector_, entry.data.data(), entry.data.size()))
        return system_problem("the data at the log's sector " + std::to_string(sector_));
    sector_ += entry.sectors;
    return entry;
}

} // namespace paravane::nested
