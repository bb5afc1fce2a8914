// SPDX-License-Identifier: Apache-2.0
//
// One byte stream between two threads: every byte is a function of its place.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "half.hpp"
#include "payload.hpp"
#include "rings.hpp"

namespace paravane::stress {

struct StreamRound {
    uint32_t size;
    uint32_t start;
    uint64_t bytes;
    uint64_t key;
    uint32_t batch;
    // As for a ring: together at most size + 1.
    uint32_t wanted_bytes;
    uint32_t wanted_room;

    static StreamRound choose(Random &random)
    {
        const uint32_t size = random.power(4, 16);
        const uint32_t bytes = random.one_in(2) ? 1 : random.between(1, size);
        StreamRound round = {};
        round.size = size;
        round.start = random.index_before_wrap();
        round.bytes = random.between(1, std::min(size * 64, 200000U));
        round.key = random.next();
        round.batch = random.between(1, 4096);
        round.wanted_bytes = bytes;
        round.wanted_room = size + 1 - bytes;
        return round;
    }
    [[nodiscard]] bool wraps() const { return start + static_cast<uint32_t>(bytes) < start; }
    [[nodiscard]] uint64_t mapped() const { return sizeof(pv_ring_control) + size; }
};

inline void write_stream(const StreamRound &round, pv_shared memory, Half &half)
{
    Random random(round.key ^ 1);
    std::vector<unsigned char> piece(round.batch);
    pv_violations violations = {};
    pv_stream_writer ring = {};
    uint64_t written = 0;
    expect_kept(half.name(), pv_stream_writer_attach(&ring, memory, round.mapped(), round.size,
                                                     round.start, &violations));
    while (written < round.bytes) {
        const uint64_t left = round.bytes - written;
        const uint32_t count =
            static_cast<uint32_t>(std::min<uint64_t>(random.between(1, round.batch), left));
        for (uint32_t i = 0; i < count; i++)
            piece[i] = stream_byte(round.key, written + i);
        for (uint32_t done = 0;;) {
            done += pv_stream_write(&ring, &piece[done], count - done);
            half.show(ring.side, [&] { return pv_stream_publish(&ring); });
            if (done == count)
                break;
            if (pv_stream_writer_arm(&ring, random.between(1, round.wanted_room)))
                half.sleep();
            expect_kept(half.name(), pv_stream_writer_refused(&ring));
        }
        written += count;
    }
    pv_stream_writer_close(&ring);
    half.notify();
    // The last of a stream is its reader's: this side ends when that one has.
    while (!pv_stream_writer_peer_closed(&ring)) {
        expect_kept(half.name(), pv_stream_writer_refused(&ring));
        half.sleep();
    }
}

// Returns how many bytes came.
inline uint64_t read_stream(const StreamRound &round, pv_shared memory, Half &half)
{
    Random random(round.key ^ 2);
    std::vector<unsigned char> piece(round.batch);
    pv_violations violations = {};
    pv_stream_reader ring = {};
    uint64_t read = 0;
    expect_kept(half.name(), pv_stream_reader_attach(&ring, memory, round.mapped(), round.size,
                                                     round.start, &violations));
    for (;;) {
        const uint32_t count = pv_stream_read(&ring, piece.data(), random.between(1, round.batch));
        for (uint32_t i = 0; i < count; i++)
            if (piece[i] != stream_byte(round.key, read + i))
                fail("%s: byte %u after %llu is not what was written (size %u, start 0x%x)",
                     half.name(), i, static_cast<unsigned long long>(read), round.size,
                     round.start);
        read += count;
        if (count > 0 && random.one_in(3))
            continue;
        half.show(ring.side, [&] { return pv_stream_release(&ring); });
        if (count > 0)
            continue;
        if (pv_stream_reader_ended(&ring))
            break;
        expect_kept(half.name(), pv_stream_reader_refused(&ring));
        if (pv_stream_reader_arm(&ring, random.between(1, round.wanted_bytes)))
            half.sleep();
    }
    pv_stream_reader_close(&ring);
    half.notify();
    return read;
}

// Returns how many bytes arrived.
template <typename Threads>
uint64_t run_stream(const StreamRound &round, pv_shared memory, Threads &&threads)
{
    uint64_t read = 0;
    format_at(memory, round.mapped(), round.start);
    threads([&](Half &half) { write_stream(round, memory, half); },
            [&](Half &half) { read = read_stream(round, memory, half); });
    if (read != round.bytes)
        fail("stream: %llu of %llu bytes arrived", static_cast<unsigned long long>(read),
             static_cast<unsigned long long>(round.bytes));
    return read;
}

} // namespace paravane::stress
