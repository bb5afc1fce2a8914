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

// The functions of one kind of side.
template <typename Side> struct Calls {
    bool (*show)(Side *);
    void (*show_quietly)(Side *);
    uint32_t (*look)(Side *);
    bool (*arm)(Side *, uint32_t wanted);
    bool (*closed)(Side *);
    bool closed_when_empty; // only once all that was there is taken
    void (*close)(Side *);
    pv_rule (*refused)(const Side *);
};

constexpr Calls<pv_producer> producer_calls = {pv_producer_publish,     pv_producer_publish_quietly,
                                               pv_producer_room,        pv_producer_arm,
                                               pv_producer_peer_closed, false,
                                               pv_producer_close,       pv_producer_refused};
constexpr Calls<pv_consumer> consumer_calls = {pv_consumer_release,   pv_consumer_release_quietly,
                                               pv_consumer_available, pv_consumer_arm,
                                               pv_consumer_ended,     true,
                                               pv_consumer_close,     pv_consumer_refused};
constexpr Calls<pv_stream_writer> writer_calls = {pv_stream_publish,
                                                  nullptr,
                                                  nullptr,
                                                  pv_stream_writer_arm,
                                                  pv_stream_writer_peer_closed,
                                                  false,
                                                  pv_stream_writer_close,
                                                  pv_stream_writer_refused};
constexpr Calls<pv_stream_reader> reader_calls = {pv_stream_release,
                                                  nullptr,
                                                  nullptr,
                                                  pv_stream_reader_arm,
                                                  pv_stream_reader_ended,
                                                  true,
                                                  pv_stream_reader_close,
                                                  pv_stream_reader_refused};

enum class Call { show, show_quietly, look, arm, closed, close };

template <typename Side>
void make_call(Call call, const Calls<Side> &calls, HostileRing &ring, Side &side, Input &input,
               uint32_t wanted)
{
    switch (call) {
    case Call::show:
        ring.begin(liar_of(input));
        ring.end_show(side.side, calls.show(&side), true);
        break;
    case Call::show_quietly:
        ring.begin(liar_of(input));
        calls.show_quietly(&side);
        ring.end_show(side.side, false, false);
        break;
    case Call::look:
        ring.begin(liar_of(input));
        ring.end_look(side.side, calls.look(&side));
        break;
    case Call::arm:
        ring.begin_arm(liar_of(input), wanted);
        ring.end_arm(side.side, calls.arm(&side, wanted));
        break;
    case Call::closed:
        ring.begin(liar_of(input));
        ring.end_closed(side.side, calls.closed(&side), calls.closed_when_empty);
        break;
    case Call::close:
        ring.begin_close();
        calls.close(&side);
        ring.end_close(side.side);
        break;
    }
    require(calls.refused(&side) == ring.refused(), "says by which rule");
}

template <typename Side>
void call_slots(const Calls<Side> &calls, HostileRing &ring, Side &side, Input &input)
{
    constexpr std::array<Call, 8> which = {Call::show, Call::show, Call::show_quietly, Call::look,
                                           Call::arm,  Call::arm,  Call::closed,       Call::close};
    const uint32_t wanted = number_of(input);
    make_call(which.at(input.below(8)), calls, ring, side, input, wanted);
}

// `move` reads or writes up to so many bytes, and checks that.
template <typename Side, typename Move>
void call_stream(const Calls<Side> &calls, HostileRing &ring, Side &side, Input &input, Move move)
{
    constexpr std::array<Call, 5> others = {Call::show, Call::show, Call::arm, Call::closed,
                                            Call::close};
    const uint32_t number = number_of(input) * (1 + input.below(8));
    const uint32_t which = input.below(8);
    if (which >= 3) {
        make_call(others.at(which - 3), calls, ring, side, input, number);
        return;
    }
    move(number);
    ring.check(side.side);
    require(calls.refused(&side) == ring.refused(), "says by which rule");
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
    call_slots(producer_calls, ring, side_, input);
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
    call_slots(consumer_calls, ring, side_, input);
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
    call_stream(writer_calls, ring, side_, input, [&](uint32_t number) {
        const unsigned char *bytes = pattern_from(input);
        ring.begin(liar_of(input));
        ring.end_move(pv_stream_write(&side_, bytes, number), number, bytes);
    });
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
    call_stream(reader_calls, ring, side_, input, [&](uint32_t number) {
        ring.begin(liar_of(input));
        ring.end_move(pv_stream_read(&side_, taken.data(), number), number, taken.data());
    });
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
