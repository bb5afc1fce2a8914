// SPDX-License-Identifier: Apache-2.0
//
// The memory: who may touch what in which call, and what the peer answers.
#include <algorithm>
#include <vector>

#include "hostile_ring.hpp"

namespace paravane::fuzz {

namespace {

constexpr uint32_t memory_bytes = 8192;
constexpr uint32_t slots_at = 0x200;
constexpr uint32_t line = 0x80;

std::vector<HostileRing *> rings;

uint32_t low(int64_t index)
{
    return static_cast<uint32_t>(static_cast<uint64_t>(index));
}

HostileRing &ring_of(pv_shared at)
{
    for (HostileRing *ring : rings)
        if (ring->holds(at))
            return *ring;
    fail("an access lies in a ring's memory");
}

} // namespace

HostileRing::HostileRing(pv_role role, bool is_stream, const pv_violations &violations)
    : role_(role), is_stream_(is_stream), violations_(violations),
      base_((rings.size() + 1) << 20), // no pointer: only the policy knows what is there
      memory_(memory_bytes), read_in_(memory_bytes)
{
    rings.push_back(this);
}

HostileRing::~HostileRing()
{
    std::erase(rings, this);
}

bool HostileRing::holds(pv_shared at) const
{
    return at.address >= base_ && at.address - base_ < memory_.size();
}

// From the ring's start.
uint32_t HostileRing::offset_of(pv_shared at, uint64_t bytes) const
{
    const uint64_t ring_bytes = slots_at + uint64_t{slots_} * slot_size_;
    const uint64_t start = at.address - base_;
    require(call_ != Call::none, "a ring is touched in a call of its own");
    require(slots_ != 0, "a ring is touched once it was attached");
    require(start >= ring_at_ && start - ring_at_ + bytes <= ring_bytes,
            "an access lies within the ring");
    require(start + bytes <= memory_.size(), "an access lies within the memory");
    return static_cast<uint32_t>(start - ring_at_);
}

uint32_t HostileRing::word(uint32_t offset) const
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i++)
        value |= static_cast<uint32_t>(memory_[ring_at_ + offset + i]) << (8 * i);
    return value;
}

void HostileRing::set_word(uint32_t offset, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        memory_[ring_at_ + offset + i] = static_cast<unsigned char>(value >> (8 * i));
}

// What the peer makes of a word that is loaded.
uint32_t HostileRing::answer(uint32_t real)
{
    if (liar_ == nullptr || liar_->at_end())
        return real;
    switch (liar_->below(8)) {
    case 0:
        return liar_->word();
    case 1:
        return real + liar_->step();
    case 2:
        return low(seen_) + liar_->step();
    case 3:
        return low(limit()) + liar_->step();
    case 4:
        return liar_->below(3);
    default:
        return real;
    }
}

void HostileRing::read_once(uint32_t offset, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        uint32_t &last = read_in_[ring_at_ + offset + i];
        require(last != call_number_, "a call reads a shared byte once");
        last = call_number_;
    }
}

// The rules of the peer's index, in numbers that do not wrap.
void HostileRing::judge_index(uint32_t value)
{
    const int64_t now = seen_ + static_cast<int32_t>(value - low(seen_));
    if (now < seen_)
        refuse(role_ == PV_PRODUCER ? PV_RULE_CONSUMER_BACK : PV_RULE_PRODUCER_BACK);
    else if (now > limit())
        refuse(role_ == PV_PRODUCER ? PV_RULE_CONSUMER_PAST : PV_RULE_PRODUCER_PAST);
    else if (closed_ && now != seen_ && closing_call_ != call_number_)
        refuse(PV_RULE_MOVED_CLOSED);
    else
        seen_ = now;
}

void HostileRing::judge_state(uint32_t value)
{
    if (value > 1) {
        refuse(PV_RULE_STATE);
    } else if (closed_ && value == 0) {
        refuse(PV_RULE_REOPENED);
    } else if (!closed_ && value == 1) {
        // The index that follows is the peer's last word, and may still move.
        closed_ = true;
        closing_call_ = call_number_;
    }
}

uint32_t HostileRing::load(pv_shared from, bool acquire)
{
    const uint32_t offset = offset_of(from, 4);
    require(refused_ == PV_RULE_KEPT, "a refused ring is not read");
    read_once(offset, 4);
    require(call_ != Call::arm || fenced_, "arm looks after its fence");
    const uint32_t value = answer(word(offset));
    if (offset == peer()) {
        require(acquire, "the peer's index is loaded with acquire");
        index_read_ = true;
        judge_index(value);
    } else if (offset == peer() + 4) {
        require(acquire, "the peer's state is loaded with acquire");
        judge_state(value);
    } else if (offset == peer() + line) {
        require(fenced_ && shown_ == next_, "the peer's event is loaded after a show and a fence");
        event_ = value;
    } else if (offset == peer() + line + 4) {
        require(call_ == Call::attach, "reserved bytes are read by attach");
        reserved_read_ += 4;
        if (value != 0)
            refuse(PV_RULE_RESERVED_CONTROL);
    } else {
        fail("only the peer's words are loaded");
    }
    return value;
}

void HostileRing::store(pv_shared to, uint32_t value, bool release)
{
    const uint32_t offset = offset_of(to, 4);
    require(refused_ == PV_RULE_KEPT || (call_ == Call::close && offset == own() + 4),
            "a refused ring is not written, but to close it");
    if (offset == own()) {
        require(release, "an index is stored with release");
        require(value == low(next_), "an index says what was filled or taken");
        shown_ = next_;
        fenced_ = false;
    } else if (offset == own() + 4) {
        require(call_ == Call::close && value == 1, "only close stores a state");
        require(release, "a ring is closed with release");
        fenced_ = false;
    } else if (offset == own() + line) {
        require(call_ == Call::arm && wanted_ > 0, "only arm stores an event");
        require(value == low(next_ + wanted_ - credit()), "the event is what is wanted");
        fenced_ = false;
    } else {
        fail("only its own words are stored");
    }
    set_word(offset, value);
}

// Slots go one after the other, and only those that the peer has given.
void HostileRing::move_through(uint32_t offset, uint32_t bytes)
{
    require(refused_ == PV_RULE_KEPT, "a refused ring's slots are left alone");
    require(bytes % slot_size_ == 0, "slots move whole");
    for (uint32_t done = 0; done < bytes; done += slot_size_) {
        const uint32_t slot = low(next_) & (slots_ - 1);
        require(offset + done == slots_at + slot * slot_size_, "slots move in their order");
        require(known() > 0, "no slot moves that the peer has not given");
        next_++;
    }
}

void HostileRing::copy_out(unsigned char *to, pv_shared from, uint32_t bytes)
{
    const uint32_t offset = offset_of(from, bytes);
    require(refused_ == PV_RULE_KEPT, "a refused ring is not read");
    read_once(offset, bytes);
    std::copy_n(memory_.begin() + ring_at_ + offset, bytes, to);
    // Any byte may be another than the one that lies there.
    if (liar_ != nullptr && !liar_->at_end())
        switch (liar_->below(8)) {
        case 0:
            for (uint32_t i = 0; i < bytes && !liar_->at_end(); i++)
                to[i] = liar_->byte();
            break;
        case 1:
            to[liar_->byte() % bytes] = liar_->byte();
            break;
        default:
            break;
        }
    if (offset >= slots_at) {
        require(role_ == PV_CONSUMER, "a producer reads no slot");
        move_through(offset, bytes);
        moved_.insert(moved_.end(), to, to + bytes);
        return;
    }
    require(call_ == Call::attach, "reserved bytes are read by attach");
    require(offset >= peer() && offset + bytes <= peer() + 2 * line, "and are the peer's");
    reserved_read_ += bytes;
    if (std::any_of(to, to + bytes, [](unsigned char byte) { return byte != 0; }))
        refuse(PV_RULE_RESERVED_CONTROL);
}

void HostileRing::copy_in(pv_shared to, const unsigned char *from, uint32_t bytes)
{
    const uint32_t offset = offset_of(to, bytes);
    require(role_ == PV_PRODUCER && offset >= slots_at, "only a producer writes, and only slots");
    move_through(offset, bytes);
    moved_.insert(moved_.end(), from, from + bytes);
    std::copy_n(from, bytes, memory_.begin() + ring_at_ + offset);
}

void HostileRing::peer_acts(Input &input)
{
    const uint32_t at = word(peer());
    switch (input.below(8)) {
    case 0:
    case 1: // moves as it may
        if (good()) {
            const uint32_t room = low(limit()) - at;
            set_word(peer(), room <= slots_ ? at + input.below(room + 1) : low(seen_));
        }
        break;
    case 2:
        set_word(peer() + 4, 1);
        break;
    case 3:
        set_word(peer() + line, low(next_) + input.step());
        break;
    case 4:
        set_word(peer(), low(seen_) + input.step());
        break;
    case 5:
        set_word(peer() + 4, input.below(4));
        break;
    case 6:
        set_word(peer() + input.below(64) * 4, input.word());
        break;
    default:
        memory_[(input.word() & 0xffff) % memory_.size()] = input.byte();
        break;
    }
}

bool HostileRing::peer_puts(const void *message, uint32_t size)
{
    const uint32_t at = word(peer());
    if (!good() || role_ != PV_CONSUMER || size != slot_size_ || low(limit()) - at > slots_ ||
        low(limit()) == at)
        return false;
    const auto *from = static_cast<const unsigned char *>(message);
    const uint32_t slot = ring_at_ + slots_at + (at & (slots_ - 1)) * slot_size_;
    std::copy_n(from, size, memory_.begin() + slot);
    set_word(peer(), at + 1);
    return true;
}

} // namespace paravane::fuzz

using paravane::fuzz::ring_of;
using paravane::fuzz::rings;

uint32_t pv_shared_load_relaxed(struct pv_shared at)
{
    return ring_of(at).load(at, false);
}

uint32_t pv_shared_load_acquire(struct pv_shared at)
{
    return ring_of(at).load(at, true);
}

void pv_shared_store_relaxed(struct pv_shared at, uint32_t value)
{
    ring_of(at).store(at, value, false);
}

void pv_shared_store_release(struct pv_shared at, uint32_t value)
{
    ring_of(at).store(at, value, true);
}

void pv_shared_fence(void)
{
    for (auto *ring : rings)
        ring->fence();
}

void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes)
{
    ring_of(from).copy_out(static_cast<unsigned char *>(to), from, bytes);
}

void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes)
{
    ring_of(to).copy_in(to, static_cast<const unsigned char *>(from), bytes);
}
