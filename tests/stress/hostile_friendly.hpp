// SPDX-License-Identifier: Apache-2.0
//
// Rings with good halves on both sides, worked by one thread: the neighbour of a ring under attack,
// and what must work again in memory where one was refused.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"

namespace paravane::stress {

class FriendlyRing {
  public:
    FriendlyRing(const char *name, pv_shared memory, pv_ring_geometry geometry, Random &random)
        : name_(name), size_(geometry.slot_size), random_(random), key_(random.next())
    {
        const uint64_t bytes = pv_ring_bytes(geometry);
        const uint32_t start = random.index_before_wrap();
        format_at(memory, bytes, start);
        expect_kept(name,
                    pv_producer_attach(&producer_, memory, bytes, geometry, start, &violations_));
        expect_kept(name,
                    pv_consumer_attach(&consumer_, memory, bytes, geometry, start, &violations_));
    }

    // Puts some, takes some, and checks them.
    void step()
    {
        for (uint32_t i = random_.below(16); i > 0; i--) {
            fill_payload(message_.data(), size_, key_, put_);
            put_ += pv_producer_put(&producer_, message_.data(), size_, 1);
        }
        pv_producer_publish(&producer_);
        for (uint32_t i = random_.below(32); i > 0; i--) {
            if (pv_consumer_take(&consumer_, message_.data(), size_, 1) == 0)
                break;
            if (!payload_intact(message_.data(), size_, key_, taken_))
                fail("%s: element %llu is not what was put", name_,
                     static_cast<unsigned long long>(taken_));
            taken_++;
        }
        pv_consumer_release(&consumer_);
        expect_kept(name_, pv_producer_refused(&producer_));
        expect_kept(name_, pv_consumer_refused(&consumer_));
    }
    [[nodiscard]] uint64_t taken() const { return taken_; }

  private:
    const char *name_;
    uint32_t size_;
    Random &random_;
    uint64_t key_;
    std::array<unsigned char, PV_SLOT_SIZE_MAX> message_ = {};
    pv_violations violations_ = {};
    pv_producer producer_ = {};
    pv_consumer consumer_ = {};
    uint64_t put_ = 0;
    uint64_t taken_ = 0;
};

// Passes a few hundred bytes through a stream made anew in this memory.
inline void pass_bytes(pv_shared memory, uint32_t size, Random &random)
{
    const uint64_t bytes = sizeof(pv_ring_control) + size;
    const uint32_t start = random.index_before_wrap();
    const uint64_t key = random.next();
    pv_violations violations = {};
    pv_stream_writer writer = {};
    pv_stream_reader reader = {};
    format_at(memory, bytes, start);
    expect_kept("new stream",
                pv_stream_writer_attach(&writer, memory, bytes, size, start, &violations));
    expect_kept("new stream",
                pv_stream_reader_attach(&reader, memory, bytes, size, start, &violations));
    uint32_t written = 0;
    uint32_t read = 0;
    while (read < 300) {
        std::array<unsigned char, 16> piece = {};
        for (uint32_t i = 0; i < piece.size(); i++)
            piece[i] = stream_byte(key, written + i);
        written += pv_stream_write(&writer, piece.data(), random.between(1, 16));
        pv_stream_publish(&writer);
        const uint32_t count = pv_stream_read(&reader, piece.data(), random.between(1, 16));
        for (uint32_t i = 0; i < count; i++)
            if (piece[i] != stream_byte(key, read + i))
                fail("new stream: byte %u is not what was written", read + i);
        read += count;
        pv_stream_release(&reader);
    }
    expect_kept("new stream", pv_stream_writer_refused(&writer));
    expect_kept("new stream", pv_stream_reader_refused(&reader));
}

} // namespace paravane::stress
