// SPDX-License-Identifier: Apache-2.0
//
// The second opinion: what each call must have done.
#include "hostile_ring.hpp"

#include <algorithm>

namespace paravane::fuzz {

namespace {

bool is_power_between(uint32_t value, uint32_t least, uint32_t most)
{
    for (uint64_t power = least; power <= most; power *= 2)
        if (value == power)
            return true;
    return false;
}

uint32_t low(int64_t index)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(index));
}

} // namespace

Place HostileRing::place(Input &input, uint32_t slot_size)
{
    Place place = {{base_}, memory_.size(), {2U << input.below(4), slot_size}, 0};
    if (is_stream_)
        place.geometry = {16U << input.below(7), 1};
    switch (input.below(16)) {
    case 0:
        place.geometry.slots = input.word();
        break;
    case 1:
        place.geometry.slot_size = is_stream_ ? 1 : input.word();
        break;
    case 2:
        place.memory.address += input.byte();
        place.bytes -= 256;
        break;
    case 3:
        place.bytes = uint64_t{input.below(4)} * 257;
        break;
    case 4:
        place.geometry.slots = 1U << input.below(32);
        break;
    case 5: // exactly, or a byte less
        place.bytes = std::min(place.bytes, pv_ring_bytes(place.geometry) - input.below(2));
        break;
    default:
        break;
    }
    // What is told beyond the memory that there is must be refused, so it may be told.
    const uint64_t end = place.memory.address - base_ + place.bytes;
    require(end <= memory_.size(), "the fuzzer's own place lies in its memory");
    switch (input.below(4)) {
    case 0:
        place.index = input.word();
        break;
    case 1:
        place.index = input.step();
        break;
    default:
        break;
    }
    // The peer's side of a ring that begins, or goes on, at that index.
    if (input.below(4) != 0) {
        std::fill(memory_.begin(), memory_.end(), static_cast<unsigned char>(0));
        ring_at_ = static_cast<uint32_t>(place.memory.address - base_);
        set_word(peer(), place.index);
    }
    return place;
}

pv_rule HostileRing::place_rule(const Place &place) const
{
    const pv_ring_geometry &shape = place.geometry;
    if (is_stream_ ? !is_power_between(shape.slots, 16, 16U << 20)
                   : !is_power_between(shape.slots, 2, 32768))
        return PV_RULE_SLOTS;
    if (!is_stream_ && (shape.slot_size < 16 || shape.slot_size > 256 || shape.slot_size % 16 != 0))
        return PV_RULE_SLOT_SIZE;
    if (place.memory.address % 128 != 0)
        return PV_RULE_ALIGNMENT;
    if (place.bytes < 512 + uint64_t{shape.slots} * shape.slot_size)
        return PV_RULE_MEMORY;
    return PV_RULE_KEPT;
}

void HostileRing::begin(Input *liar)
{
    liar_ = liar;
    call_ = Call::other;
    call_number_++;
    next_before_ = next_;
    shown_before_ = shown_;
    was_good_ = good();
    fenced_ = false;
    index_read_ = false;
    reserved_read_ = 0;
    event_.reset();
    moved_.clear();
    operations++;
}

void HostileRing::begin_attach(Input *liar, const Place &place)
{
    // No access is right before this: a place that is refused is not looked at.
    refused_ = PV_RULE_KEPT;
    slots_ = 0;
    begin(liar);
    call_ = Call::attach;
    const pv_rule rule = place_rule(place);
    ring_at_ = static_cast<uint32_t>(place.memory.address - base_);
    closed_ = false;
    quiet_ = false;
    next_ = shown_ = seen_ = 0;
    slot_size_ = 0;
    if (rule != PV_RULE_KEPT) {
        refuse(rule);
        return;
    }
    slots_ = place.geometry.slots;
    slot_size_ = place.geometry.slot_size;
    // Far from the ends of the numbers; the low 32 bits are the ring's.
    next_ = shown_ = (int64_t{1} << 40) + place.index;
    seen_ = next_ - credit();
}

void HostileRing::end_attach(const pv_side &side, pv_rule returned)
{
    require(returned == refused_, "attach returns the rule that was broken");
    require(!good() || reserved_read_ == 256 - 12, "attach reads all of the peer's reserved bytes");
    require(!good() || (word(own()) == low(next_) && fenced_),
            "attach shows its index, and fences before the notification");
    check(side);
}

void HostileRing::end_move(uint32_t returned, uint32_t asked, const unsigned char *bytes)
{
    // The slots were counted by the copies; what may have moved, by the last index seen.
    const int64_t could = good() ? seen_ + credit() - next_before_ : 0;
    require(returned == next_ - next_before_, "as many slots move as the call says");
    require(returned == std::min<int64_t>(could, asked), "as many slots move as may");
    require(std::equal(moved_.begin(), moved_.end(), bytes), "what moves is what was given");
}

void HostileRing::end_look(const pv_side &side, uint32_t returned)
{
    require(returned == (good() ? known() : 0), "a look returns what may move");
    require(!was_good_ || index_read_, "a look is a new one");
    check(side);
}

void HostileRing::end_show(const pv_side &side, bool notify, bool asks)
{
    const int64_t count = next_ - shown_before_;
    require(!was_good_ || shown_ == next_, "a show shows everything");
    if (asks && was_good_ && (count > 0 || quiet_)) {
        require(event_.has_value(), "a show asks for the peer's event");
        const uint32_t distance = event_.value_or(0) - low(shown_before_);
        require(notify == (quiet_ || (distance >= 1 && distance <= count)),
                "a show notifies iff it passes the event, or one before it did not ask");
        quiet_ = false;
    } else {
        require(!event_.has_value() && !notify, "nothing shown aloud, nobody notified");
        quiet_ = quiet_ || (was_good_ && count > 0);
    }
    check(side);
}

void HostileRing::begin_arm(Input *liar, uint32_t wanted)
{
    begin(liar);
    call_ = Call::arm;
    // With something to show, nobody is to sleep.
    wanted_ = next_ == shown_ ? std::min(std::max(wanted, 1U), slots_) : 0;
}

void HostileRing::end_arm(const pv_side &side, bool sleeps)
{
    require(sleeps == (good() && wanted_ > 0 && !closed_ && known() < wanted_),
            "arm sleeps iff what is wanted has not come and nothing is to be shown");
    require(!sleeps || (fenced_ && index_read_), "arm looks again, after its event and a fence");
    check(side);
}

void HostileRing::end_closed(const pv_side &side, bool closed, bool and_drained)
{
    require(closed == (good() && closed_ && (!and_drained || known() == 0)),
            "the end is a closed peer and nothing left");
    check(side);
}

void HostileRing::begin_close()
{
    begin(nullptr);
    call_ = Call::close;
}

void HostileRing::end_close(const pv_side &side)
{
    require(slots_ == 0 || (word(own() + 4) == 1 && fenced_),
            "close says so, and fences before the notification");
    check(side);
}

void HostileRing::refuse(pv_rule rule)
{
    refused_ = rule;
    expected_.count[rule]++;
    refusals[rule]++;
}

void HostileRing::check(const pv_side &side)
{
    require(side.refused == refused_, "refused by the rule that was broken, and no other");
    require(side.slots == slots_ && side.slot_size == slot_size_, "the geometry stays");
    require(side.next == low(next_) && side.shown == low(shown_), "its own indices are its own");
    if (good()) {
        require(side.seen == low(seen_) && side.peer_closed == closed_, "knows what it saw");
        require(side.quiet == quiet_, "knows what it did not ask");
        require(known() >= 0 && known() <= slots_, "never more than a ring outstanding");
        require(next_ - shown_ >= 0 && next_ - shown_ <= slots_,
                "never more than a ring held back");
    } else {
        require(side.seen + static_cast<uint32_t>(credit()) == side.next,
                "knows of nothing to move");
    }
    for (unsigned int rule = 0; rule < PV_RULES; rule++)
        require(violations_.count[rule] >= expected_.count[rule], "every refusal is counted");
    require(!good() || !closed_ || closing_call_ != call_number_ || index_read_,
            "a close that is new is followed by a look");
    liar_ = nullptr;
    call_ = Call::none;
}

} // namespace paravane::fuzz
