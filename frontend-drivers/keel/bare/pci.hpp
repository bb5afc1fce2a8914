// SPDX-License-Identifier: Apache-2.0
//
// PCI devices of the first bus. No firmware ran, so the image itself says where they show their registers.
#pragma once

#include <cstdint>
#include <optional>

namespace keel::bare::pci {

class Function {
  public:
    Function(uint32_t device, uint32_t function) : address_(device << 11 | function << 8) {}

    [[nodiscard]] uint32_t read(uint32_t offset) const;
    void write(uint32_t offset, uint32_t value) const;

    [[nodiscard]] uint32_t vendor_and_device() const { return read(0); }
    // Class, subclass and programming interface: three bytes.
    [[nodiscard]] uint32_t kind() const { return read(8) >> 8; }

    // Gives all of its registers a place, where they have none yet, and lets it read and write memory. It
    // may raise no interrupt.
    void enable() const;
    // Where the registers of a base address register of memory, or of ports, are.
    [[nodiscard]] uint64_t base(uint32_t number) const;

    // Offset of the next capability of this kind after `offset`, 0 for the first; nothing: there is none.
    [[nodiscard]] std::optional<uint32_t> capability(uint8_t kind, uint32_t after) const;

  private:
    [[nodiscard]] uint32_t place(uint32_t number) const;

    uint32_t address_;
};

[[nodiscard]] std::optional<Function> find_device(uint16_t vendor, uint16_t device);
// By those bits of kind() that are in the mask.
[[nodiscard]] std::optional<Function> find_kind(uint32_t kind, uint32_t mask);

} // namespace keel::bare::pci
