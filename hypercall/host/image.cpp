// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/image.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <elf.h>
#include <unistd.h>

#include <paravane/image.h>
#include <paravane/layout.h>

namespace paravane {

namespace {

constexpr uint32_t headers_max = 64;
constexpr std::size_t note_bytes_max = 4096;
constexpr std::size_t piece = std::size_t{1} << 16;

bool read_at(int fd, uint64_t offset, void *to, std::size_t bytes)
{
    return offset <= INT64_MAX &&
           pread(fd, to, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes);
}

// A file may be called anything.
std::string on_one_line(std::string name)
{
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return name;
}

bool overlap(const Segment &one, const Segment &other)
{
    return one.to.value < other.to.value + other.bytes && other.to.value < one.to.value + one.bytes;
}

Problem not_ours(const std::string &name, const std::string &why)
{
    return {name + " is not a guest kernel for Paravane: " + why};
}

uint64_t aligned(uint64_t bytes, uint64_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

// The version that the image's note names.
std::optional<uint32_t> noted_version(int fd, const Elf64_Phdr &header)
{
    std::vector<unsigned char> notes(std::min<std::size_t>(header.p_filesz, note_bytes_max));
    std::size_t at = 0;

    if (!read_at(fd, header.p_offset, notes.data(), notes.size()))
        return std::nullopt;
    while (notes.size() - at >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note = {};
        std::memcpy(&note, notes.data() + at, sizeof(note));
        at += sizeof(note);
        const uint64_t name = aligned(note.n_namesz, 4);
        const uint64_t text = aligned(note.n_descsz, 4);
        if (name + text > notes.size() - at)
            return std::nullopt;
        pv_image_note ours = {};
        if (note.n_type == PV_IMAGE_NOTE_TYPE && note.n_namesz == sizeof(PV_IMAGE_NOTE_NAME) &&
            std::memcmp(notes.data() + at, PV_IMAGE_NOTE_NAME, sizeof(PV_IMAGE_NOTE_NAME)) == 0 &&
            note.n_descsz >= sizeof(ours)) {
            std::memcpy(&ours, notes.data() + at + name, sizeof(ours));
            return pv_le32_get(ours.abi_version);
        }
        at += name + text;
    }
    return std::nullopt;
}

Result<Segment> load_segment(int fd, const std::string &name, const Elf64_Phdr &header,
                             const GuestMemory &memory)
{
    const uint64_t skew = header.p_paddr % PV_PAGE_SIZE;
    const GuestAddress to = {header.p_paddr - skew};

    if (header.p_filesz > header.p_memsz || header.p_memsz > UINT64_MAX - header.p_paddr ||
        header.p_vaddr != header.p_paddr + PV_GUEST_VIRTUAL_BASE)
        return not_ours(name, "a segment is not where it should be");
    const uint64_t bytes = aligned(skew + header.p_memsz, PV_PAGE_SIZE);
    if (header.p_memsz > UINT32_MAX || !memory.writable(to, bytes) || (memory.at({0}) == nullptr) ||
        to.value + bytes > memory.at({0})->bytes())
        return Problem{name + " needs " + std::to_string((header.p_paddr + header.p_memsz) >> 10) +
                       " KiB of memory and the guest has less: give it more with --memory"};

    std::vector<unsigned char> buffer(piece);
    for (uint64_t done = 0; done < header.p_filesz;) {
        const std::size_t step = std::min<uint64_t>(header.p_filesz - done, buffer.size());
        if (!read_at(fd, header.p_offset + done, buffer.data(), step))
            return not_ours(name, "it ends too early");
        if (!memory.copy_in({header.p_paddr + done}, std::span(buffer).first(step)))
            return not_ours(name, "a segment lies outside of memory");
        done += step;
    }
    const uint32_t access = ((header.p_flags & PF_R) != 0 ? PV_PROTECT_READ : 0U) |
                            ((header.p_flags & PF_W) != 0 ? PV_PROTECT_WRITE : 0U) |
                            ((header.p_flags & PF_X) != 0 ? PV_PROTECT_EXECUTE : 0U);
    return Segment{{to.value + PV_GUEST_VIRTUAL_BASE}, to, bytes, access};
}

Result<void> check_header(const Elf64_Ehdr &header, const std::string &name)
{
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return not_ours(name, "not an ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != EM_X86_64)
        return not_ours(name, "not for x86-64");
    if (header.e_type != ET_EXEC || header.e_phentsize != sizeof(Elf64_Phdr) ||
        header.e_phnum == 0 || header.e_phnum > headers_max)
        return not_ours(name, "not a statically linked program");
    return {};
}

} // namespace

Result<Image> load_image(int fd, const std::string &file, const GuestMemory &memory)
{
    const std::string name = on_one_line(file);
    Elf64_Ehdr header = {};
    Image image;
    std::optional<uint32_t> version;

    if (!read_at(fd, 0, &header, sizeof(header)))
        return not_ours(name, "too short");
    if (Result<void> good = check_header(header, name); !good)
        return good.error();
    std::vector<Elf64_Phdr> headers(header.e_phnum);
    if (!read_at(fd, header.e_phoff, headers.data(), headers.size() * sizeof(Elf64_Phdr)))
        return not_ours(name, "it ends too early");

    for (const Elf64_Phdr &segment : headers) {
        if (segment.p_type == PT_NOTE && !version)
            version = noted_version(fd, segment);
    }
    if (!version)
        return not_ours(name, "it has no note of ours");
    if (*version != PV_ABI_VERSION)
        return not_ours(name, "it wants version " + std::to_string(*version) +
                                  " of the ABI and this host has " +
                                  std::to_string(PV_ABI_VERSION));
    for (const Elf64_Phdr &segment : headers) {
        if (segment.p_type != PT_LOAD || segment.p_memsz == 0)
            continue;
        Result<Segment> loaded = load_segment(fd, name, segment, memory);
        if (!loaded)
            return loaded.error();
        for (const Segment &earlier : image.segments) {
            if (overlap(earlier, *loaded))
                return not_ours(name, "two of its segments share a page");
        }
        image.end.value = std::max(image.end.value, loaded->to.value + loaded->bytes);
        image.segments.push_back(*loaded);
    }
    image.entry = {header.e_entry};
    const bool inside =
        std::any_of(image.segments.begin(), image.segments.end(), [&](const Segment &segment) {
            return (segment.access & PV_PROTECT_EXECUTE) != 0 && image.entry >= segment.at &&
                   image.entry.value - segment.at.value < segment.bytes;
        });
    if (!inside)
        return not_ours(name, "its entry is not in its code");
    return image;
}

} // namespace paravane
