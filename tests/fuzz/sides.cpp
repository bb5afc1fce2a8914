// SPDX-License-Identifier: Apache-2.0
#include "sides.hpp"

#include <array>

namespace paravane::fuzz {

namespace {

// As much as any call here may ask for: a small number, or one far beyond every ring.
uint32_t number_of(Input &input)
{
    const uint32_t small = input.byte();
    return small == 255 ? input.word() : small % 40;
}

// More than all the slots that fit in a ring's memory.
constexpr uint32_t most_bytes = 8192;
std::array<unsigned char, most_bytes> taken;

// Of most_bytes, and another at each byte of the input.
const unsigned char *pattern_from(Input &input)
{
    static const auto pattern = [] {
        std::array<unsigned char, most_bytes + 256> bytes = {};
        for (uint32_t i = 0; i < bytes.size(); i++)
            bytes[i] = static_cast<unsigned char>(i * 7 + (i >> 8));
        return bytes;
    }();
    return &pattern[input.byte()];
}

} // namespace

void ProducerDriver::attach(Input &input, uint32_t slot_size)
{
    const Place place = ring.place(input, slot_size);
    ring.begin_attach(rare_liar_of(input), place);
    ring.end_attach(side_.side, pv_producer_attach(&side_, place.memory, place.bytes,
                                                   place.geometry, place.index, &violations_));
}

void ProducerDriver::put(Input &input)
{
    const uint32_t size = input.below(16) == 0 ? input.word() : ring.slot_size();
    const bool fits = size == ring.slot_size() && size != 0;
    const uint32_t asked = number_of(input);
    const unsigned char *messages = pattern_from(input);
    ring.begin(liar_of(input));
    const uint32_t put = pv_producer_put(&side_, messages, size, asked);
    ring.end_move(put, fits ? asked : 0, messages);
    ring.check(side_.side);
}

void ProducerDriver::call(Input &input)
{
    const uint32_t wanted = number_of(input);
    const uint32_t which = input.below(8);
    switch (which) {
    case 0:
    case 1:
        ring.begin(liar_of(input));
        ring.end_show(side_.side, pv_producer_publish(&side_), true);
        break;
    case 2:
        ring.begin(liar_of(input));
        pv_producer_publish_quietly(&side_);
        ring.end_show(side_.side, false, false);
        break;
    case 3:
        ring.begin(liar_of(input));
        ring.end_look(side_.side, pv_producer_room(&side_));
        break;
    case 4:
    case 5:
        ring.begin_arm(liar_of(input), wanted);
        ring.end_arm(side_.side, pv_producer_arm(&side_, wanted));
        break;
    case 6:
        ring.begin(liar_of(input));
        ring.end_closed(side_.side, pv_producer_peer_closed(&side_), false);
        break;
    default:
        ring.begin_close();
        pv_producer_close(&side_);
        ring.end_close(side_.side);
        break;
    }
    require(pv_producer_refused(&side_) == ring.refused(), "says by which rule");
}

void ConsumerDriver::attach(Input &input, uint32_t slot_size)
{
    const Place place = ring.place(input, slot_size);
    ring.begin_attach(rare_liar_of(input), place);
    ring.end_attach(side_.side, pv_consumer_attach(&side_, place.memory, place.bytes,
                                                   place.geometry, place.index, &violations_));
}

void ConsumerDriver::take(Input &input)
{
    const uint32_t size = input.below(16) == 0 ? input.word() : ring.slot_size();
    const bool fits = size == ring.slot_size() && size != 0;
    const uint32_t most = number_of(input);
    ring.begin(liar_of(input));
    const uint32_t count = pv_consumer_take(&side_, taken.data(), size, most);
    ring.end_move(count, fits ? most : 0, taken.data());
    ring.check(side_.side);
}

void ConsumerDriver::call(Input &input)
{
    const uint32_t wanted = number_of(input);
    const uint32_t which = input.below(8);
    switch (which) {
    case 0:
    case 1:
        ring.begin(liar_of(input));
        ring.end_show(side_.side, pv_consumer_release(&side_), true);
        break;
    case 2:
        ring.begin(liar_of(input));
        pv_consumer_release_quietly(&side_);
        ring.end_show(side_.side, false, false);
        break;
    case 3:
        ring.begin(liar_of(input));
        ring.end_look(side_.side, pv_consumer_available(&side_));
        break;
    case 4:
    case 5:
        ring.begin_arm(liar_of(input), wanted);
        ring.end_arm(side_.side, pv_consumer_arm(&side_, wanted));
        break;
    case 6:
        ring.begin(liar_of(input));
        ring.end_closed(side_.side, pv_consumer_ended(&side_), true);
        break;
    default:
        ring.begin_close();
        pv_consumer_close(&side_);
        ring.end_close(side_.side);
        break;
    }
    require(pv_consumer_refused(&side_) == ring.refused(), "says by which rule");
}

void WriterDriver::attach(Input &input)
{
    const Place place = ring.place(input, 1);
    ring.begin_attach(rare_liar_of(input), place);
    ring.end_attach(side_.side,
                    pv_stream_writer_attach(&side_, place.memory, place.bytes, place.geometry.slots,
                                            place.index, &violations_));
}

void WriterDriver::call(Input &input)
{
    const uint32_t number = number_of(input) * (1 + input.below(8));
    const uint32_t which = input.below(8);
    switch (which) {
    case 0:
    case 1:
    case 2: {
        const unsigned char *bytes = pattern_from(input);
        ring.begin(liar_of(input));
        ring.end_move(pv_stream_write(&side_, bytes, number), number, bytes);
        ring.check(side_.side);
        break;
    }
    case 3:
    case 4:
        ring.begin(liar_of(input));
        ring.end_show(side_.side, pv_stream_publish(&side_), true);
        break;
    case 5:
        ring.begin_arm(liar_of(input), number);
        ring.end_arm(side_.side, pv_stream_writer_arm(&side_, number));
        break;
    case 6:
        ring.begin(liar_of(input));
        ring.end_closed(side_.side, pv_stream_writer_peer_closed(&side_), false);
        break;
    default:
        ring.begin_close();
        pv_stream_writer_close(&side_);
        ring.end_close(side_.side);
        break;
    }
    require(pv_stream_writer_refused(&side_) == ring.refused(), "says by which rule");
}

void ReaderDriver::attach(Input &input)
{
    const Place place = ring.place(input, 1);
    ring.begin_attach(rare_liar_of(input), place);
    ring.end_attach(side_.side,
                    pv_stream_reader_attach(&side_, place.memory, place.bytes, place.geometry.slots,
                                            place.index, &violations_));
}

void ReaderDriver::call(Input &input)
{
    const uint32_t number = number_of(input) * (1 + input.below(8));
    const uint32_t which = input.below(8);
    switch (which) {
    case 0:
    case 1:
    case 2:
        ring.begin(liar_of(input));
        ring.end_move(pv_stream_read(&side_, taken.data(), number), number, taken.data());
        ring.check(side_.side);
        break;
    case 3:
    case 4:
        ring.begin(liar_of(input));
        ring.end_show(side_.side, pv_stream_release(&side_), true);
        break;
    case 5:
        ring.begin_arm(liar_of(input), number);
        ring.end_arm(side_.side, pv_stream_reader_arm(&side_, number));
        break;
    case 6:
        ring.begin(liar_of(input));
        ring.end_closed(side_.side, pv_stream_reader_ended(&side_), true);
        break;
    default:
        ring.begin_close();
        pv_stream_reader_close(&side_);
        ring.end_close(side_.side);
        break;
    }
    require(pv_stream_reader_refused(&side_) == ring.refused(), "says by which rule");
}

void check_counts(const pv_violations &violations, std::initializer_list<const HostileRing *> rings,
                  const pv_violations &others)
{
    for (unsigned int rule = 0; rule < PV_RULES; rule++) {
        uint64_t expected = others.count[rule];
        for (const HostileRing *ring : rings)
            expected += ring->expected().count[rule];
        require(violations.count[rule] == expected, "each refusal is counted once");
    }
}

} // namespace paravane::fuzz
