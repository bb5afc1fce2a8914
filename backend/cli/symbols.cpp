// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/symbols.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>

#include <cxxabi.h>
#include <elf.h>

#include <fmt/core.h>

namespace paravane::cli {

namespace {

std::string demangled(const char *name)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> text(
        abi::__cxa_demangle(name, nullptr, nullptr, &status), &std::free);
    return status == 0 && text ? text.get() : name;
}

class File {
  public:
    explicit File(const std::string &name)
    {
        std::ifstream in(name, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(in), {});
    }
    template <typename T> [[nodiscard]] bool read(uint64_t at, T &value) const
    {
        if (at > bytes_.size() || bytes_.size() - at < sizeof(T))
            return false;
        std::memcpy(&value, bytes_.data() + at, sizeof(T));
        return true;
    }
    [[nodiscard]] std::string text(uint64_t at) const
    {
        const std::size_t end = at < bytes_.size() ? bytes_.find('\0', at) : std::string::npos;
        return end == std::string::npos ? std::string() : bytes_.substr(at, end - at);
    }

  private:
    std::string bytes_;
};

} // namespace

Symbols Symbols::of(const std::string &file_name)
{
    const File file(file_name);
    Symbols symbols;
    Elf64_Ehdr header = {};

    if (!file.read(0, header) || header.e_shentsize != sizeof(Elf64_Shdr))
        return symbols;
    for (uint32_t index = 0; index < header.e_shnum; index++) {
        Elf64_Shdr table = {};
        Elf64_Shdr names = {};
        if (!file.read(header.e_shoff + index * sizeof(table), table) ||
            table.sh_type != SHT_SYMTAB ||
            !file.read(header.e_shoff + table.sh_link * sizeof(names), names))
            continue;
        for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol = {};
            if (!file.read(table.sh_offset + at, symbol))
                break;
            if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC)
                symbols.functions_[symbol.st_value] = {
                    symbol.st_size, demangled(file.text(names.sh_offset + symbol.st_name).c_str())};
        }
    }
    return symbols;
}

std::string Symbols::name(uint64_t address) const
{
    auto found = functions_.upper_bound(address);
    if (found == functions_.begin())
        return {};
    --found;
    const uint64_t offset = address - found->first;
    if (found->second.bytes != 0 && offset > found->second.bytes)
        return {};
    return fmt::format("{}+{:#x}", found->second.name, offset);
}

} // namespace paravane::cli
