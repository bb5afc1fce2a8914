// SPDX-License-Identifier: Apache-2.0
//
// An NVMe controller and its first namespace: one pair of queues, deeper than any job, and a command's number
// is its tag. With shadow doorbells (Doorbell Buffer Config) the controller is told by a word in memory, and
// by its register only when it asks for that.
#pragma once

#include <array>

#include "frontend-drivers/keel/bare/disk.hpp"
#include "frontend-drivers/keel/bare/ports.hpp"
#include "frontend-drivers/keel/bare/shared.hpp"

namespace keel::bare {

class Nvme : public Disk {
  public:
    [[nodiscard]] Complaint open(const Features &features);

    [[nodiscard]] bool put(const Io &io)
    {
        Command &command = commands_[tail_];

        command = {};
        command.operation = operation_of(io.kind);
        command.number = static_cast<uint16_t>(io.tag);
        command.space = first_space;
        if (io.kind != Kind::flush) {
            const uint64_t block = io.sector >> block_shift_;
            command.words[0] = static_cast<uint32_t>(block);
            command.words[1] = static_cast<uint32_t>(block >> 32);
            command.words[2] = (io.sectors >> block_shift_) - 1;
            name_pages(command, io);
        }
        tail_ = tail_ + 1 == entries_ ? 0 : tail_ + 1;
        return true;
    }

    void kick()
    {
        ring(submission, rung_tail_, tail_);
        rung_tail_ = tail_;
    }

    template <typename Done> uint32_t poll(const Done &done)
    {
        uint32_t found = 0;

        for (;; found++) {
            Answer &answer = answers_[head_];
            const uint16_t status = load_acquire(answer.status);
            if ((status & 1U) != phase_)
                break;
            const uint16_t number = answer.number;
            if (++head_ == entries_) {
                head_ = 0;
                phase_ ^= 1U;
            }
            untold_++;
            done(number, status >> 1 == 0 ? 0 : status_io);
        }
        // It needs to know before it runs out of room, which no sooner costs nothing.
        if (untold_ >= entries_ / 4) {
            ring(completion, rung_head_, head_);
            rung_head_ = head_;
            untold_ = 0;
        }
        return found;
    }

  private:
    static constexpr uint32_t entries_max = 2048;
    static constexpr uint32_t tags_max = 1024;
    static constexpr uint32_t pages_max = 256; // of a request
    static constexpr uint32_t admin_entries = 32;
    static constexpr uint32_t first_space = 1;
    static constexpr uint32_t first_queue = 1;
    // Doorbells of the pair of queues.
    static constexpr uint32_t submission = 2 * first_queue;
    static constexpr uint32_t completion = 2 * first_queue + 1;

    struct Command {
        uint8_t operation = 0;
        uint8_t flags = 0;
        uint16_t number = 0;
        uint32_t space = 0;
        uint64_t reserved = 0;
        uint64_t metadata = 0;
        uint64_t first_page = 0;
        uint64_t other_pages = 0;
        std::array<uint32_t, 6> words = {};
    };
    struct Answer {
        uint32_t result = 0;
        uint32_t reserved = 0;
        uint16_t head = 0;
        uint16_t queue = 0;
        uint16_t number = 0;
        uint16_t status = 0; // the lowest bit turns with each pass through the queue
    };
    using PageList = std::array<uint64_t, pages_max>;

    static uint8_t operation_of(Kind kind)
    {
        return kind == Kind::read ? 2 : kind == Kind::write ? 1 : 0;
    }

    void name_pages(Command &command, const Io &io)
    {
        const uint64_t begin = buffer_address(io.buffer);
        const uint32_t pages = (io.sectors * 512 + page_bytes - 1) / page_bytes;

        command.first_page = begin;
        if (pages == 2)
            command.other_pages = begin + page_bytes;
        if (pages <= 2)
            return;
        PageList &list = lists_[io.tag];
        for (uint32_t page = 1; page < pages; page++)
            list[page - 1] = begin + uint64_t{page} * page_bytes;
        command.other_pages = device_address(&list);
    }

    // Both are places in the queue.
    void ring(uint32_t doorbell, uint32_t before, uint32_t now)
    {
        const uint64_t word = uint64_t{doorbell} * doorbell_words_;

        if (shadow_) {
            store_release(shadow_doorbells_[word], now);
            full_barrier();
            const uint32_t event = load_acquire(shadow_events_[word]);
            if (static_cast<uint16_t>(now - event - 1) >= static_cast<uint16_t>(now - before))
                return;
        }
        store32(doorbells_ + word * 4, now);
    }

    [[nodiscard]] Complaint reset();
    [[nodiscard]] bool execute(const Command &command);
    [[nodiscard]] bool execute(uint8_t operation, uint64_t page, uint32_t word10, uint32_t word11);
    [[nodiscard]] Complaint identify(bool &has_shadow_doorbells);
    [[nodiscard]] bool make_queues();

    alignas(page_bytes) std::array<Command, entries_max> commands_ = {};
    alignas(page_bytes) std::array<Answer, entries_max> answers_ = {};
    alignas(page_bytes) std::array<Command, admin_entries> admin_commands_ = {};
    alignas(page_bytes) std::array<Answer, admin_entries> admin_answers_ = {};
    alignas(page_bytes) std::array<uint32_t, page_bytes / 4> shadow_doorbells_ = {};
    alignas(page_bytes) std::array<uint32_t, page_bytes / 4> shadow_events_ = {};
    alignas(page_bytes) std::array<uint8_t, page_bytes> identity_ = {};
    alignas(page_bytes) std::array<PageList, tags_max> lists_ = {};

    uint64_t registers_ = 0;
    uint64_t doorbells_ = 0;
    uint32_t doorbell_words_ = 0; // from one to the next, in the registers and in the shadow
    uint32_t admin_next_ = 0;
    uint16_t admin_phase_ = 1;

    bool shadow_ = false;
    uint32_t block_shift_ = 0; // of sectors
    uint32_t entries_ = 0;     // of each queue
    uint32_t tail_ = 0;
    uint32_t rung_tail_ = 0;
    uint32_t head_ = 0;
    uint32_t rung_head_ = 0;
    uint32_t untold_ = 0; // answers taken since the controller was told
    uint16_t phase_ = 1;
};

} // namespace keel::bare
