// SPDX-License-Identifier: Apache-2.0
//
// Both halves of a byte stream as victims.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "hostile_victims.hpp"

namespace paravane::stress {

class WriterVictim final : public Victim {
  public:
    using Victim::Victim;

    void attach() override
    {
        pv_stream_writer_attach(&ring_, place_.ring(0), place_.bytes(0), place_.geometry(0).slots,
                                place_.start, &violations_);
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override { return {&ring_.side}; }

    void step() override
    {
        const pv_side &side = ring_.side;
        const bool was = refused(side);
        const uint32_t size = place_.geometry(0).slots;
        const uint32_t count = random_.between(1, size + 2);
        switch (random_.below(6)) {
        case 0:
        case 1: {
            const std::vector<unsigned char> bytes(count, 0x5a);
            bounded(side, was, pv_stream_write(&ring_, bytes.data(), count), std::min(count, size));
            break;
        }
        case 2:
        case 3:
            silent(side, was, pv_stream_publish(&ring_));
            break;
        case 4:
            silent(side, was, pv_stream_writer_arm(&ring_, wanted(side)));
            break;
        default:
            silent(side, was, pv_stream_writer_peer_closed(&ring_));
            break;
        }
    }

  private:
    pv_stream_writer ring_ = {};
};

class ReaderVictim final : public Victim {
  public:
    using Victim::Victim;

    void attach() override
    {
        pv_stream_reader_attach(&ring_, place_.ring(0), place_.bytes(0), place_.geometry(0).slots,
                                place_.start, &violations_);
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override { return {&ring_.side}; }

    void step() override
    {
        const pv_side &side = ring_.side;
        const bool was = refused(side);
        const uint32_t size = place_.geometry(0).slots;
        const uint32_t most = random_.between(1, size + 2);
        switch (random_.below(6)) {
        case 0:
        case 1:
            bounded(
                side, was,
                taken_into_heap(
                    1, most, [&](unsigned char *to) { return pv_stream_read(&ring_, to, most); }),
                std::min(most, size));
            break;
        case 2:
        case 3:
            silent(side, was, pv_stream_release(&ring_));
            break;
        case 4:
            silent(side, was, pv_stream_reader_arm(&ring_, wanted(side)));
            break;
        default:
            silent(side, was, pv_stream_reader_ended(&ring_));
            break;
        }
    }

  private:
    pv_stream_reader ring_ = {};
};

} // namespace paravane::stress
