// SPDX-License-Identifier: Apache-2.0
//
// A guest that keeps a disk busy, in a thread: reads, writes, flushes and clears, overlapping in all queues,
// each answer checked by an oracle. It knows nothing of processes that die.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "blk_guest.hpp"
#include "blk_oracle.hpp"

namespace paravane::backend_test {

// Is told of each change and flush, in the workload's thread: before a request can have any effect, and as
// soon as its answer is known.
class BlkWitness {
  public:
    BlkWitness() = default;
    BlkWitness(const BlkWitness &) = delete;
    BlkWitness &operator=(const BlkWitness &) = delete;
    virtual ~BlkWitness() = default;

    // Whether a write there may have FUA.
    [[nodiscard]] virtual bool allows_durable(uint64_t sector, uint32_t sectors) const = 0;
    virtual void change_begins(const BlkOracle::Change &change, BlkOracle::Kind kind,
                               uint32_t queue, bool durable) = 0;
    virtual void change_answered(const BlkOracle::Change &change) = 0;
    // What the flush is called when it is answered.
    [[nodiscard]] virtual uint64_t flush_begins() = 0;
    virtual void flush_answered(uint64_t flush) = 0;
};

struct BlkLoad {
    uint64_t sectors;     // of the disk
    uint32_t sectors_max; // of a request
    uint64_t hot;         // sectors that half of the requests are for
    unsigned int seed = 1;
    uint32_t unit = 1; // sectors that requests are multiples of
    bool discards = true;
    BlkWitness *witness = nullptr; // outlives the workload
};

// The memory for its data.
[[nodiscard]] uint64_t data_bytes_of(const BlkLoad &load, uint32_t queues, uint32_t depth);

class BlkWorkload {
  public:
    // The guest outlives it, and is its own from now on.
    BlkWorkload(BlkGuest &guest, const BlkLoad &load);
    ~BlkWorkload() { stop(); }
    BlkWorkload(const BlkWorkload &) = delete;
    BlkWorkload &operator=(const BlkWorkload &) = delete;

    // No more requests. True: all are answered, within so long.
    [[nodiscard]] bool finish(int milliseconds);
    void stop();
    // How many sectors of the disk's content are nothing that they may be. After stop().
    [[nodiscard]] uint64_t wrong_at_the_end(std::span<const std::byte> disk);

    std::atomic<uint64_t> asked{0};
    std::atomic<uint64_t> answered{0};
    std::atomic<uint64_t> changes{0}; // answered
    std::atomic<uint64_t> flushes{0}; // answered
    std::atomic<uint64_t> looked_at{0};
    std::atomic<uint64_t> wrong{0};   // sectors that were read and are nothing that they may be
    std::atomic<uint64_t> failed{0};  // requests with a status
    std::atomic<uint64_t> unwoken{0}; // answers of which nobody told
    std::atomic<bool> refused{false};
    std::atomic<bool> hung{false}; // something was not answered for too long

  private:
    enum class What : uint8_t { nothing, read, change, flush };

    struct Flight {
        What what = What::nothing;
        BlkOracle::Change change;
        BlkOracle::Look look;
        uint64_t flush = 0; // as the witness calls it
        uint32_t piece = 0; // sectors of each segment; 0: it has but one
        uint64_t asked = 0; // when
    };

    void run();
    [[nodiscard]] bool turn();
    void sleep();
    [[nodiscard]] bool ask(uint32_t queue);
    [[nodiscard]] pv_blk_request make(uint32_t queue, uint64_t slot, Flight &flight);
    void begin_change(BlkOracle::Kind kind, uint32_t queue, const pv_blk_request &request,
                      Flight &flight);
    void lay_out(pv_blk_request &request, uint64_t slot, uint32_t sectors, Flight &flight);
    void answer(uint32_t queue, const BlkAnswer &answer);
    [[nodiscard]] uint64_t place_of(const Flight &flight, uint64_t slot, uint32_t sectors,
                                    uint32_t which) const;
    [[nodiscard]] uint64_t slot_at(uint32_t queue, uint16_t id) const;
    [[nodiscard]] Flight &flight_of(uint32_t queue, uint16_t id)
    {
        return flights_[queue * guest_.shape().depth + id];
    }
    void look_for_the_hung();

    BlkGuest &guest_;
    BlkLoad load_;
    BlkOracle oracle_;
    std::mt19937_64 random_;
    std::vector<Flight> flights_;
    std::atomic<bool> asking_{true};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

} // namespace paravane::backend_test
