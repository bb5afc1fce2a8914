// SPDX-License-Identifier: Apache-2.0
//
// The byte-stream ring: 16 bytes, whose end and the 2^32 of the index both fall in the middle of
// what is written.
#include "world.hpp"

#include <algorithm>

namespace paravane::explorer::rings {

namespace {
constexpr std::uint32_t stream_bytes = 16;
constexpr std::uint32_t stream_start = 0xfffffff5U;

struct Pipe {
    pv_stream_writer writer;
    pv_stream_reader reader;
    pv_violations writer_violations;
    pv_violations reader_violations;
    std::uint32_t written;
    std::uint32_t read;
};
Pipe pipe;
Pipe first_pipe; // as on_start left it

unsigned char byte_at(std::uint32_t position)
{
    return static_cast<unsigned char>(position * 37U + 11U);
}

void attach_pipe()
{
    format_ring(ring, stream_start);
    pipe = Pipe{};
    check(pv_stream_writer_attach(&pipe.writer, ring.memory(), ring.bytes(), stream_bytes,
                                  stream_start, &pipe.writer_violations) == PV_RULE_KEPT,
          "the writer attaches");
    check(pv_stream_reader_attach(&pipe.reader, ring.memory(), ring.bytes(), stream_bytes,
                                  stream_start, &pipe.reader_violations) == PV_RULE_KEPT,
          "the reader attaches");
    first_pipe = pipe;
}

void stream_ring(Program &program)
{
    ring = {first_ring, {stream_bytes, 1}};
    bare_program(program);
    declare_ring(program, ring);
    also_at_start(attach_pipe);
    also_before_each([] { pipe = first_pipe; });
}

void settle_writer()
{
    settle({bytes_of(pipe.writer), bytes_of(pipe.written)});
}

void settle_reader()
{
    settle({bytes_of(pipe.reader), bytes_of(pipe.read)});
}

bool write_some(std::uint32_t most)
{
    std::array<unsigned char, stream_bytes> piece{};
    most = std::min(most, stream_bytes);
    for (std::uint32_t at = 0; at < most; at++)
        piece[at] = byte_at(pipe.written + at);
    const std::uint32_t done = pv_stream_write(&pipe.writer, piece.data(), most);
    check(done <= most, "no more is written than was given");
    pipe.written += done;
    mark(pipe.writer.side.next < stream_bytes ? index_wrapped : 0U);
    check(pv_stream_writer_refused(&pipe.writer) == PV_RULE_KEPT,
          "an honest reader is not refused");
    return done != 0;
}

bool read_some(std::uint32_t most)
{
    std::array<unsigned char, stream_bytes> piece{};
    const std::uint32_t done = pv_stream_read(&pipe.reader, piece.data(), most);
    check(done <= most, "no more is read than was asked for");
    for (std::uint32_t at = 0; at < done && at < stream_bytes; at++)
        check(piece[at] == byte_at(pipe.read + at), "bytes arrive once each and in order");
    pipe.read += done;
    check(pv_stream_reader_refused(&pipe.reader) == PV_RULE_KEPT,
          "an honest writer is not refused");
    return done != 0;
}

void write_all(std::uint32_t total, std::uint32_t piece, std::uint32_t wanted)
{
    while (pipe.written < total && pv_stream_writer_refused(&pipe.writer) == PV_RULE_KEPT) {
        settle_writer();
        if (write_some(std::min(piece, total - pipe.written))) {
            if (pv_stream_publish(&pipe.writer))
                notify(to_consumer);
        } else if (pv_stream_writer_arm(&pipe.writer, wanted)) {
            mark(producer_slept);
            wait(to_producer);
        }
    }
    pv_stream_writer_close(&pipe.writer);
    notify(to_consumer);
}

void read_to_the_end(std::uint32_t piece, std::uint32_t wanted)
{
    while (pv_stream_reader_refused(&pipe.reader) == PV_RULE_KEPT) {
        settle_reader();
        if (read_some(piece)) {
            if (pv_stream_release(&pipe.reader))
                notify(to_producer);
        } else if (pv_stream_reader_ended(&pipe.reader)) {
            mark(saw_close);
            check(pipe.read == pipe.written, "the end comes after the last byte");
            return;
        } else if (pv_stream_reader_arm(&pipe.reader, wanted)) {
            mark(consumer_slept);
            wait(to_consumer);
        }
    }
}

void stream_with_wrap(Program &program)
{
    stream_ring(program);
    program.thread("writer", [] { write_all(30, 13, 1); });
    program.thread("reader", [] { read_to_the_end(16, 1); });
}

void stream_armed_for_more(Program &program)
{
    stream_ring(program);
    program.thread("writer", [] { write_all(25, 9, 7); });
    program.thread("reader", [] { read_to_the_end(11, 10); });
}

void reader_closes(Program &program)
{
    stream_ring(program);
    program.thread("writer", [] {
        while (pipe.written < 100) {
            settle_writer();
            if (write_some(10)) {
                if (pv_stream_publish(&pipe.writer))
                    notify(to_consumer);
            } else if (pv_stream_writer_peer_closed(&pipe.writer)) {
                mark(saw_close);
                return;
            } else if (pv_stream_writer_arm(&pipe.writer, 12)) {
                mark(producer_slept);
                wait(to_producer);
            }
        }
    });
    program.thread("reader", [] {
        if (read_some(16) && pv_stream_release(&pipe.reader))
            notify(to_producer);
        pv_stream_reader_close(&pipe.reader);
        notify(to_producer);
    });
}
} // namespace

const std::vector<Scenario> &stream_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"stream-wrap",
         "a piece that is not cut at the ring's end, the second piece at the wrong "
         "place, any of the wrong rings above",
         {"stream-bytes-in-order", "stream-no-lost-wakeup", "stream-end-after-last-byte"},
         stream_with_wrap,
         consumer_slept | producer_slept | index_wrapped | saw_close,
         false,
         false},
        {"stream-armed-for-more",
         "arm that ignores the count",
         {"stream-no-lost-wakeup-armed-for-many"},
         stream_armed_for_more,
         consumer_slept | producer_slept | index_wrapped | saw_close},
        {"stream-reader-closes",
         "the writer's arm that ignores the state",
         {"stream-reader-close-wakes-writer"},
         reader_closes,
         producer_slept | saw_close},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
