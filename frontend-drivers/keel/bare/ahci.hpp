// SPDX-License-Identifier: Apache-2.0
//
// The disk at the first port of an AHCI controller, with native command queuing: 32 slots, and a request's
// slot is its tag. That something was completed is seen in memory, where the disk's messages arrive, each in
// place of the one before; what was, is in a register. Only of a request that was always alone does the message
// say enough, which saves reading the register.
#pragma once

#include <array>
#include <bit>
#include <utility>

#include "frontend-drivers/keel/bare/disk.hpp"
#include "frontend-drivers/keel/bare/ports.hpp"
#include "frontend-drivers/keel/bare/shared.hpp"

namespace keel::bare {

class Ahci : public Disk {
  public:
    [[nodiscard]] Complaint open(const Features &features);

    [[nodiscard]] bool put(const Io &io)
    {
        // Would have to wait for all others, and no job asks for it.
        if (io.kind == Kind::flush) {
            refused_ |= 1U << io.tag;
            return true;
        }
        const bool writes = io.kind == Kind::write;
        Message &message = tables_[io.tag].message;
        message.command = writes ? write_queued : read_queued;
        // The number of sectors is where others have features, and the tag is where they have the number.
        message.features = static_cast<uint8_t>(io.sectors);
        message.features_high = static_cast<uint8_t>(io.sectors >> 8);
        message.count = static_cast<uint8_t>(io.tag << 3);
        message.set_sector(io.sector);
        tables_[io.tag].area = {buffer_address(io.buffer), 0, io.sectors * 512 - 1};
        heads_[io.tag].flags = head_flags | (writes ? head_writes : 0);
        put_ |= 1U << io.tag;
        return true;
    }

    void kick()
    {
        if (put_ == 0)
            return;
        alone_ = in_flight_ == 0 && (put_ & (put_ - 1)) == 0;
        // While nothing is in flight, no message comes: what is there is old.
        if (in_flight_ == 0)
            store_release(messages_.completed, uint32_t{0});
        in_flight_ |= put_;
        full_barrier();
        store32(port_ + register_active, put_);
        store32(port_ + register_issue, put_);
        put_ = 0;
    }

    template <typename Done> uint32_t poll(const Done &done)
    {
        if (refused_ != 0)
            return answer(std::exchange(refused_, 0), status_not_there, done);
        const uint32_t completed = load_acquire(messages_.completed);
        if ((load_acquire(messages_.head) & message_of_error) != 0) {
            restart();
            return answer(std::exchange(in_flight_, 0), status_io, done);
        }
        if (completed == 0)
            return 0;
        store_release(messages_.completed, uint32_t{0});
        const uint32_t over =
            alone_ ? completed & in_flight_ : in_flight_ & ~load32(port_ + register_active);
        in_flight_ &= ~over;
        return answer(over, 0, done);
    }

  private:
    static constexpr uint32_t slots = 32;
    static constexpr uint8_t read_queued = 0x60;
    static constexpr uint8_t write_queued = 0x61;
    static constexpr uint32_t register_active = 0x34;
    static constexpr uint32_t register_issue = 0x38;
    // A command of five words, with one area of memory.
    static constexpr uint32_t head_flags = 5 | 1U << 16;
    static constexpr uint32_t head_writes = 1U << 6;
    // Of "set device bits", the disk's error bit.
    static constexpr uint32_t message_of_error = 1U << 16;

    // To the disk: "register, host to device".
    struct Message {
        uint8_t kind = 0x27;
        uint8_t is_command = 0x80;
        uint8_t command = 0;
        uint8_t features = 0;
        std::array<uint8_t, 3> sector_low = {};
        uint8_t device = 0x40; // by sector
        std::array<uint8_t, 3> sector_high = {};
        uint8_t features_high = 0;
        uint8_t count = 0;
        uint8_t count_high = 0;
        std::array<uint8_t, 50> unused = {};

        void set_sector(uint64_t sector)
        {
            for (uint32_t i = 0; i < 3; i++) {
                sector_low[i] = static_cast<uint8_t>(sector >> (8 * i));
                sector_high[i] = static_cast<uint8_t>(sector >> (24 + 8 * i));
            }
        }
    };
    struct Area {
        uint64_t address = 0;
        uint32_t reserved = 0;
        uint32_t last_byte = 0;
    };
    struct alignas(256) Table {
        Message message;
        std::array<uint8_t, 64> unused = {};
        Area area;
    };
    struct Head {
        uint32_t flags = 0;
        uint32_t moved = 0;
        uint64_t table = 0;
        std::array<uint32_t, 4> reserved = {};
    };
    // What the disk sends; of it, "set device bits".
    struct alignas(256) Messages {
        std::array<uint8_t, 0x58> others = {};
        uint32_t head = 0;
        uint32_t completed = 0; // slots
        std::array<uint8_t, 0xa0> unused = {};
    };

    template <typename Done> static uint32_t answer(uint32_t tags, int32_t status, const Done &done)
    {
        uint32_t count = 0;

        for (; tags != 0; tags &= tags - 1, count++)
            done(static_cast<uint32_t>(std::countr_zero(tags)), status);
        return count;
    }

    void stop() const;
    void start() const;
    void restart();
    [[nodiscard]] Complaint identify();

    alignas(1024) std::array<Head, slots> heads_ = {};
    Messages messages_;
    std::array<Table, slots> tables_ = {};
    alignas(page_bytes) std::array<uint16_t, 256> identity_ = {};

    uint64_t port_ = 0; // its registers
    uint32_t put_ = 0;  // slots, in all of these
    uint32_t in_flight_ = 0;
    uint32_t refused_ = 0;
    bool alone_ = false;
};

} // namespace keel::bare
