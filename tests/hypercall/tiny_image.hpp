// SPDX-License-Identifier: Apache-2.0
//
// A guest kernel's file of a few hundred bytes, whose fields a test may change: headers, a note, a
// segment of code and one of data.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hypercall/host/unique_fd.hpp"
#include <paravane/hypercall.h>
#include <paravane/image.h>
#include <paravane/layout.h>

namespace paravane::hypercall_test {

struct TinyImage {
    static constexpr uint64_t code_at = 0x100000;
    static constexpr uint64_t data_at = 0x102010;
    static constexpr uint32_t code_bytes = 112;
    static constexpr uint32_t data_bytes = 16;
    static constexpr uint32_t data_memory = 5000;

    struct Note {
        Elf64_Nhdr head{sizeof(PV_IMAGE_NOTE_NAME), sizeof(pv_image_note), PV_IMAGE_NOTE_TYPE};
        std::array<char, 12> name{};
        pv_image_note text{pv_le32_of(PV_ABI_VERSION), pv_le32_of(0)};
    };

    Elf64_Ehdr header{};
    std::array<Elf64_Phdr, 3> segments{}; // note, code, data
    Note note;
    std::array<unsigned char, code_bytes> code{};
    std::array<unsigned char, data_bytes> data{};

    TinyImage()
    {
        std::memcpy(note.name.data(), PV_IMAGE_NOTE_NAME, sizeof(PV_IMAGE_NOTE_NAME));
        std::memcpy(header.e_ident, ELFMAG, SELFMAG);
        header.e_ident[EI_CLASS] = ELFCLASS64;
        header.e_ident[EI_DATA] = ELFDATA2LSB;
        header.e_ident[EI_VERSION] = EV_CURRENT;
        header.e_type = ET_EXEC;
        header.e_machine = EM_X86_64;
        header.e_version = EV_CURRENT;
        header.e_entry = PV_GUEST_VIRTUAL_BASE + code_at + 4;
        header.e_phoff = sizeof(header);
        header.e_ehsize = sizeof(header);
        header.e_phentsize = sizeof(Elf64_Phdr);
        header.e_phnum = static_cast<Elf64_Half>(segments.size());

        const uint64_t at = sizeof(header) + sizeof(segments);
        segments[0] = {PT_NOTE, PF_R, at, 0, 0, sizeof(note), sizeof(note), 4};
        segments[1] = {PT_LOAD, PF_R | PF_X, at + sizeof(note), PV_GUEST_VIRTUAL_BASE + code_at,
                       code_at, code_bytes,  code_bytes,        PV_PAGE_SIZE};
        segments[2] = {PT_LOAD,
                       PF_R | PF_W,
                       at + sizeof(note) + code_bytes,
                       PV_GUEST_VIRTUAL_BASE + data_at,
                       data_at,
                       data_bytes,
                       data_memory,
                       PV_PAGE_SIZE};
        code.fill(0xc0);
        data.fill(0xda);
    }

    void move(std::size_t segment, uint64_t to)
    {
        segments[segment].p_paddr = to;
        segments[segment].p_vaddr = to + PV_GUEST_VIRTUAL_BASE;
    }

    [[nodiscard]] std::string bytes() const
    {
        std::string all;
        const auto add = [&all](const auto &part) {
            all.append(reinterpret_cast<const char *>(&part), sizeof(part));
        };
        add(header);
        add(segments);
        add(note);
        add(code);
        add(data);
        return all;
    }
};

// A file that holds this.
[[nodiscard]] inline UniqueFd file_of(const std::string &bytes)
{
    UniqueFd file(memfd_create("image", MFD_CLOEXEC));
    return write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())
               ? std::move(file)
               : UniqueFd();
}

} // namespace paravane::hypercall_test
