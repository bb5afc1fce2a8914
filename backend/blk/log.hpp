// SPDX-License-Identifier: Apache-2.0
//
// What one backend process of a disk leaves to the next: memory that the supervisor makes, and that no guest
// sees. Every request is in it, whole and validated, before the guest sees it taken; every response before
// the guest sees it given. The steps are those of the model device.pml.
//
// Its content survives the death of its writer at any instruction, since it is memory of the host; so what
// counts is the order of the stores, and none of them is waited for.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <linux/io_uring.h>

#include "backend/engine/host_memory.hpp"
#include "hypercall/host/result.hpp"

extern "C" {
#include <paravane/blk.h>
#include <paravane/ring.h>
}

namespace paravane::blk {

// What a disk's content is kept in.
enum class Medium : uint32_t {
    file,   // or a block device: descriptor `medium` of the process
    memory, // the descriptor is of a memfd, and copied from and to
    null,   // nowhere: reads leave the guest's buffers as they are
};

// Decided by the supervisor before the process starts; what may change while it runs is atomic.
struct Settings {
    Medium medium = Medium::file;
    uint32_t sector_bytes = PV_BLK_SECTOR;
    uint32_t read_only = 0;
    uint32_t fixed_buffers = 1; // the arena may be registered with io_uring
    std::atomic<uint64_t> sectors = 0;
    std::array<char, PV_BLK_SERIAL_BYTES> serial{};
};

// One for each check of a request, in their order; such a request is answered with an error.
enum class Refusal : uint32_t {
    flags,         // a flag that the operation does not have
    reserved,      // bytes that mean nothing yet
    sector,        // where there is to be none
    read_only,     // and was to be written
    memory,        // where the operation has none
    segments,      // a table of none, of more than there may be, or of a part of one
    table,         // it is not granted
    segment,       // reserved bytes of one in a table
    segment_bytes, // none, or not whole sectors
    too_long,      // more sectors than a request may have
    misaligned,    // it does not begin at a sector of the disk
    overflow,      // sector and sectors do not fit 64 bits
    past_end,      // of the disk
    grant,         // a segment is not granted
    ring,          // a segment or a table lies in a ring
};

inline constexpr std::size_t refusals = std::size_t(Refusal::ring) + 1;

[[nodiscard]] const char *name_of(Refusal refusal);

// What a process counts, for whoever watches it.
struct Counts {
    std::array<std::atomic<uint64_t>, refusals> refused{};
    std::atomic<uint64_t> requests = 0;
    std::atomic<uint64_t> sleeps = 0; // it had nothing to do, and waited
    std::atomic<uint64_t> replayed = 0;
    std::atomic<uint64_t> held = 0; // a write waited for one that it overlaps
};

// Of one queue: the positions in its rings that a successor begins at.
struct alignas(128) QueueLog {
    std::atomic<uint32_t> requests_taken = 0;
    std::atomic<uint32_t> responses_given = 0;
};

enum class EntryState : uint32_t {
    free = 0,
    taken = 1,    // the request is good, and is to be done
    done = 2,     // or came to nothing: `status` is good
    answered = 3, // so is `response_index`
};

// Of one request in flight, by its id. Its table of segments, if it has one, lies in `tables`.
struct alignas(64) Entry {
    pv_blk_request request;
    uint64_t order;          // among all requests of the device: when it was taken
    uint32_t request_index;  // its position in the request ring
    uint32_t response_index; // of an answered one: not before responses_given: not given
    int32_t status;
    std::atomic<EntryState> state;
};

static_assert(sizeof(Entry) == 64);

// So many requests at most are logged before the log says that they are taken.
inline constexpr uint32_t batch_max = 16;

// Whether the request at this position of the request ring was logged, and then not taken. All others in the
// log are older, however far the ring has come since.
[[nodiscard]] constexpr bool is_not_taken(uint32_t request_index, uint32_t requests_taken)
{
    return request_index - requests_taken < batch_max;
}

using Table = std::array<pv_segment, PV_BLK_SEGMENTS_MAX>;

static_assert(sizeof(Table) == PV_PAGE_SIZE);

// What a request that was checked names of the guest's memory: by its table, if it has one.
[[nodiscard]] std::span<const pv_segment> segments_of(const pv_blk_request &request,
                                                      const Table &table);

// Zero but for what the supervisor fills in.
struct Header {
    uint32_t queues = 0;
    uint32_t depth = 0;     // of each queue
    io_uring_params ring{}; // of the data ring that the process inherits
    Settings settings;
    Counts counts;
};

// Where the parts lie: the header's page, the queues' logs, all entries, all tables.
class Log {
  public:
    [[nodiscard]] static uint64_t bytes(uint32_t queues, uint32_t depth);
    // Zeroed memory for so many queues of such a depth, both within their limits.
    [[nodiscard]] static Result<Log> create(uint32_t queues, uint32_t depth);
    // What a supervisor has given us.
    [[nodiscard]] static Result<Log> adopt(UniqueFd memory);

    [[nodiscard]] Header &header() const { return *at<Header>(0); }
    [[nodiscard]] QueueLog &queue(uint32_t queue) const { return queue_logs_[queue]; }
    [[nodiscard]] Entry &entry(uint32_t queue, uint32_t id) const
    {
        return entries_[std::size_t{queue} * depth_ + id];
    }
    [[nodiscard]] Table &table(uint32_t queue, uint32_t id) const
    {
        return tables_[std::size_t{queue} * depth_ + id];
    }
    [[nodiscard]] uint32_t queues() const { return queues_; }
    [[nodiscard]] uint32_t depth() const { return depth_; }
    [[nodiscard]] int fd() const { return memory_.fd(); }

  private:
    Log(HostMemory memory, uint32_t queues, uint32_t depth);

    template <typename Part> [[nodiscard]] Part *at(uint64_t offset) const
    {
        return reinterpret_cast<Part *>(memory_.data() + offset);
    }

    HostMemory memory_;
    uint32_t queues_ = 0; // own copies, checked once
    uint32_t depth_ = 0;
    QueueLog *queue_logs_;
    Entry *entries_;
    Table *tables_;
};

} // namespace paravane::blk
