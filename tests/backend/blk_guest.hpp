// SPDX-License-Identifier: Apache-2.0
//
// A guest's half of a disk: queues, memory for data, and requests of any shape, good or bad.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "backend/engine/connection.hpp"
#include "fake_domain.hpp"

extern "C" {
#include <paravane/blk.h>
#include <paravane/frontend_queue.h>
}

namespace paravane::backend_test {

struct BlkShape {
    uint32_t queues = 1;
    uint32_t depth = 64;
    uint64_t data_bytes = uint64_t{4} << 20;
    uint32_t index = 0; // at which all rings are
};

// Ring r of the device has grant 1 + r.
inline constexpr uint32_t data_grant = 100;      // all of the data
inline constexpr uint32_t read_only_grant = 101; // the same, not to be written
inline constexpr uint32_t table_grant = 102;     // a page for tables of segments

// Bytes of the data.
struct Piece {
    uint64_t at = 0;
    uint32_t bytes = 0;
    uint32_t grant = data_grant;
};

// A good request, but for what its arguments say.
[[nodiscard]] pv_blk_request request_of(pv_blk_operation operation, uint64_t sector = 0,
                                        const Piece &piece = {0, 0, 0});
[[nodiscard]] pv_blk_request clear_of(pv_blk_operation operation, uint64_t sector,
                                      uint32_t sectors);
[[nodiscard]] pv_blk_request read_of(uint64_t sector, uint32_t sectors, uint64_t at = 0);
[[nodiscard]] pv_blk_request write_of(uint64_t sector, uint32_t sectors, uint64_t at = 0);
[[nodiscard]] pv_segment segment_of(const Piece &piece);

struct BlkAnswer {
    uint16_t id;
    int32_t status;
};

class BlkGuest : public FakeDomain {
  public:
    struct Queue {
        uint64_t requests_at = 0; // in the arena
        uint64_t responses_at = 0;
        FakePort port;
        pv_frontend_queue ring{};
    };

    explicit BlkGuest(const BlkShape &shape = {});

    [[nodiscard]] const BlkShape &shape() const { return shape_; }
    [[nodiscard]] Queue &queue(uint32_t number = 0) { return queues_[number]; }
    [[nodiscard]] std::vector<const FakePort *> ports() const;
    [[nodiscard]] std::vector<RingPlace> rings() const;
    // Words of a ring's control block; ring 2q is that of requests.
    [[nodiscard]] pv_shared word(uint32_t ring, std::size_t offset) const;

    // The data, at an offset.
    [[nodiscard]] pv_shared data(uint64_t at) const { return arena.at(data_at + at); }
    void fill(uint64_t at, uint64_t bytes, unsigned char value) const;
    void put_data(uint64_t at, std::span<const std::byte> bytes) const;
    [[nodiscard]] std::vector<std::byte> get_data(uint64_t at, std::size_t bytes) const;
    // Whether all of the bytes are that one.
    [[nodiscard]] bool holds(uint64_t at, uint64_t bytes, unsigned char value) const;

    // A table of segments in the page for it; the request that names it.
    [[nodiscard]] pv_blk_request indirect(pv_blk_request request,
                                          std::span<const Piece> pieces) const;

    // Its id; none: as many are in flight as may be.
    std::optional<uint16_t> put(const pv_blk_request &request, uint32_t queue = 0);
    // Shows what was put, and rings when it is to.
    void publish(uint32_t queue = 0);
    // What is answered, and was not taken yet.
    std::vector<BlkAnswer> take(uint32_t queue = 0);
    // Sleeps until there is an answer, as a good guest does. False: none comes.
    [[nodiscard]] bool await(uint32_t queue = 0, int milliseconds = 5000);
    // One request by itself, and its status. Not while others are in flight. 1: no answer comes.
    [[nodiscard]] int32_t ask(const pv_blk_request &request, uint32_t queue = 0);
    // Whether a ring was refused: the process broke a rule.
    [[nodiscard]] bool refused() const;

    uint64_t data_at;
    pv_violations violations{};

  private:
    [[nodiscard]] uint64_t table_at() const { return data_at - PV_PAGE_SIZE; }

    BlkShape shape_;
    std::vector<Queue> queues_;
};

} // namespace paravane::backend_test
