// SPDX-License-Identifier: Apache-2.0
//
// One request, from a guest's words to what is to be done. The words were copied out once; what is not as
// docs/abi.md has it is refused, counted, and answered with an error. What it names of the guest's memory is
// pinned from here until it is answered.
#pragma once

#include <cstdint>
#include <span>

#include "backend/blk/log.hpp"
#include "backend/engine/data_ring.hpp"
#include "backend/engine/granted_memory.hpp"

namespace paravane::blk {

// What is to be done. Extents are in the disk's order, and as few as the guest's memory allows.
struct Work {
    pv_blk_operation operation;
    bool durable;
    uint32_t extents;
    uint64_t offset; // bytes in the disk
    uint64_t bytes;

    [[nodiscard]] bool changes_disk() const
    {
        return operation == PV_BLK_WRITE || operation == PV_BLK_DISCARD ||
               operation == PV_BLK_WRITE_ZEROES;
    }
};

// Room for as many as the request may have segments: one, or with a table PV_BLK_SEGMENTS_MAX.
using Extents = std::span<DataExtent>;

class Checker {
  public:
    // All outlive it. The rings are those of the connection, where no data may go.
    Checker(GrantedMemory &memory, Header &header, std::span<const Pinned> rings);

    // Checks the entry's request, whose table goes into `table` if it has one. 0: `work` and its extents are
    // good, and their memory is pinned. Else the status to answer with, and nothing is pinned.
    [[nodiscard]] int32_t check(const pv_blk_request &request, Table &table, Work &work,
                                Extents extents);
    // The same of a request that a predecessor has checked: its table is there already.
    [[nodiscard]] int32_t check_again(const pv_blk_request &request, Table &table, Work &work,
                                      Extents extents);
    // Of a request that was checked; after the last access to its memory.
    void unpin(const pv_blk_request &request, const Table &table);

  private:
    [[nodiscard]] int32_t check_all(const pv_blk_request &request, Table &table, bool fetch,
                                    Work &work, Extents extents);
    [[nodiscard]] int32_t check_data(const pv_blk_request &request, Table &table, bool fetch,
                                     Work &work, Extents extents);
    [[nodiscard]] int32_t fetch_table(const pv_segment &at, Table &table);
    // How long they are together.
    [[nodiscard]] int32_t check_lengths(std::span<const pv_segment> segments, uint64_t unit,
                                        uint64_t &bytes);
    [[nodiscard]] int32_t check_range(const pv_blk_request &request, uint64_t bytes,
                                      uint64_t sectors_max, Work &work);
    [[nodiscard]] int32_t pin_segments(std::span<const pv_segment> segments, GrantAccess access,
                                       Work &work, Extents extents);
    [[nodiscard]] bool in_ring(pv_shared place, uint64_t bytes) const;
    [[nodiscard]] int32_t refuse(Refusal refusal);

    GrantedMemory &memory_;
    Header &header_;
    std::span<const Pinned> rings_;
    uint64_t sector_bytes_;
    bool read_only_;
    uint64_t rings_from_; // no ring lies outside of these
    uint64_t rings_to_;
};

} // namespace paravane::blk
