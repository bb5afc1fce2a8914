// SPDX-License-Identifier: Apache-2.0
//
// A virtio block device (modern, over PCI, a split ring, one queue). A request is a head, its data and a
// status: in three ring entries that are its tag's, or in a table that one entry names.
#pragma once

#include <array>

#include "frontend-drivers/keel/bare/disk.hpp"
#include "frontend-drivers/keel/bare/ports.hpp"
#include "frontend-drivers/keel/bare/shared.hpp"

namespace keel::bare {

class VirtioBlk : public Disk {
  public:
    // Finds it and makes it ready, whatever was done with it before.
    [[nodiscard]] Complaint open(const Features &features);

    [[nodiscard]] bool put(const Io &io)
    {
        const uint32_t first = indirect_ ? 0 : io.tag * parts;
        Request &request = requests_[io.tag];
        Descriptor *chain = indirect_ ? request.table.data() : &ring_[first];

        request.kind = kind_of(io.kind);
        request.sector = io.sector;
        request.status = status_none;
        chain[0].next = static_cast<uint16_t>(first + (io.kind == Kind::flush ? 2 : 1));
        chain[1].address = buffer_address(io.buffer);
        chain[1].bytes = io.sectors * sector_bytes;
        chain[1].flags = io.kind == Kind::read ? has_next | device_writes : has_next;
        available_.heads[next_ & mask_] = static_cast<uint16_t>(indirect_ ? io.tag : first);
        next_++;
        return true;
    }

    void kick()
    {
        const uint16_t before = shown_;

        shown_ = next_;
        store_release(available_.index, next_);
        full_barrier();
        if (asks_for_notice(before))
            store16(notify_, 0);
    }

    template <typename Done> uint32_t poll(const Done &done)
    {
        const uint16_t end = load_acquire(used_.index);
        uint32_t found = 0;

        for (; seen_ != end; seen_++, found++) {
            const uint32_t head = used_.entries[seen_ & mask_].head;
            const uint32_t tag = indirect_ ? head : head / parts;
            done(tag, code_of(requests_[tag].status));
        }
        // Always behind the device, so that it never interrupts.
        if (event_index_ && found != 0)
            store_release(available_.heads[mask_ + 1U], static_cast<uint16_t>(seen_ - 1));
        return found;
    }

  private:
    static constexpr uint32_t entries_max = 1024;
    static constexpr uint32_t tags_max = 1024;
    static constexpr uint32_t parts = 3; // of a request
    static constexpr uint32_t sector_bytes = 512;
    static constexpr uint16_t has_next = 1;
    static constexpr uint16_t device_writes = 2;
    static constexpr uint16_t is_table = 4;
    static constexpr uint16_t no_interrupt = 1;
    static constexpr uint16_t no_notice = 1;
    static constexpr uint8_t status_unsupported = 2;
    static constexpr uint8_t status_none = 0xff;

    struct Descriptor {
        uint64_t address = 0;
        uint32_t bytes = 0;
        uint16_t flags = 0;
        uint16_t next = 0;
    };
    // Both have an entry more than the ring: where each side says when it wants to be told.
    struct Available {
        uint16_t flags = 0;
        uint16_t index = 0;
        std::array<uint16_t, entries_max + 1> heads = {};
    };
    struct UsedEntry {
        uint32_t head = 0;
        uint32_t bytes = 0;
    };
    struct Used {
        uint16_t flags = 0;
        uint16_t index = 0;
        std::array<UsedEntry, entries_max + 1> entries = {};
    };
    struct alignas(128) Request {
        uint32_t kind = 0;
        uint32_t reserved = 0;
        uint64_t sector = 0;
        std::array<Descriptor, parts> table = {};
        uint8_t status = 0;
    };

    static uint32_t kind_of(Kind kind)
    {
        return kind == Kind::read ? 0 : kind == Kind::write ? 1 : 4;
    }
    static int32_t code_of(uint8_t status)
    {
        return status == 0 ? 0 : status == status_unsupported ? status_not_there : status_io;
    }
    [[nodiscard]] bool asks_for_notice(uint16_t before)
    {
        if (!event_index_)
            return (load_acquire(used_.flags) & no_notice) == 0;
        const auto event = static_cast<uint16_t>(load_acquire(used_.entries[mask_ + 1U].head));
        return static_cast<uint16_t>(next_ - event - 1) < static_cast<uint16_t>(next_ - before);
    }

    [[nodiscard]] Complaint negotiate(const Features &features);
    [[nodiscard]] Complaint start_queue();
    void fill_ring();

    alignas(page_bytes) std::array<Descriptor, entries_max> ring_ = {};
    alignas(page_bytes) Available available_ = {};
    alignas(page_bytes) Used used_ = {};
    std::array<Request, tags_max> requests_ = {};

    // Registers.
    uint64_t common_ = 0;
    uint64_t notify_ = 0;
    uint64_t notify_base_ = 0;
    uint32_t notify_step_ = 0;
    uint64_t configuration_ = 0;

    bool indirect_ = false;
    bool event_index_ = false;
    uint16_t mask_ = 0;
    uint16_t next_ = 0;  // free-running, as all three are
    uint16_t shown_ = 0; // to the device
    uint16_t seen_ = 0;  // of what it used
};

} // namespace keel::bare
