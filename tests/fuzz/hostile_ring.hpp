// SPDX-License-Identifier: Apache-2.0
//
// A ring of which one side is real and the other is the fuzzer. It is the memory, in which every load
// may return what the input says, and it is a second opinion: a model of the real side in plain
// 64-bit numbers, fed by the accesses alone, that says what each call must do.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "input.hpp"
#include "verdict.hpp"

extern "C" {
#include <paravane/side.h>
}

namespace paravane::fuzz {

// What the store says of a ring.
struct Place {
    pv_shared memory;
    uint64_t bytes;
    pv_ring_geometry geometry;
    uint32_t index;
};

class HostileRing {
  public:
    // `violations` are those that the real side counts in; several rings may share them.
    HostileRing(pv_role role, bool is_stream, const pv_violations &violations);
    HostileRing(const HostileRing &) = delete;
    HostileRing &operator=(const HostileRing &) = delete;
    HostileRing(HostileRing &&) = delete;
    HostileRing &operator=(HostileRing &&) = delete;
    ~HostileRing();

    // Somewhere in this memory, mostly where a ring fits.
    Place place(Input &input, uint32_t slot_size);

    // Before and after each call of the real side. `liar` answers the loads; null: nobody lies.
    void begin(Input *liar);
    void begin_attach(Input *liar, const Place &place);
    void end_attach(const pv_side &side, pv_rule returned);
    // `bytes` are the caller's copy of what moved. A queue judges messages between this and check().
    void end_move(uint32_t returned, uint32_t asked, const unsigned char *bytes);
    void end_look(const pv_side &side, uint32_t returned);
    void end_show(const pv_side &side, bool notify, bool asks);
    void begin_arm(Input *liar, uint32_t wanted);
    void end_arm(const pv_side &side, bool sleeps);
    void end_closed(const pv_side &side, bool closed, bool and_drained);
    void begin_close();
    void end_close(const pv_side &side);

    // A rule of messages was broken: the real side must now refuse by it.
    void refuse(pv_rule rule);
    // Ends every call: the real side is as it must be.
    void check(const pv_side &side);

    [[nodiscard]] pv_rule refused() const { return refused_; }
    [[nodiscard]] bool good() const { return slots_ != 0 && refused_ == PV_RULE_KEPT; }
    [[nodiscard]] uint32_t slots() const { return slots_; }
    // What was filled or taken and not yet shown.
    [[nodiscard]] uint32_t unshown() const { return static_cast<uint32_t>(next_ - shown_); }
    [[nodiscard]] uint32_t slot_size() const { return slot_size_; }
    // Slots that the call on its way has moved.
    [[nodiscard]] uint32_t moved() const { return static_cast<uint32_t>(next_ - next_before_); }
    // How often this ring was refused, by rule.
    [[nodiscard]] const pv_violations &expected() const { return expected_; }

    // The peer moves, legally or not, in memory.
    void peer_acts(Input &input);
    // The peer fills its next slot and shows it; false when there is no room for it.
    bool peer_puts(const void *message, uint32_t size);

    // For the policy.
    [[nodiscard]] bool holds(pv_shared at) const;
    uint32_t load(pv_shared from, bool acquire);
    void store(pv_shared to, uint32_t value, bool release);
    void copy_out(unsigned char *to, pv_shared from, uint32_t bytes);
    void copy_in(pv_shared to, const unsigned char *from, uint32_t bytes);
    void fence() { fenced_ = true; }

  private:
    enum class Call { none, attach, arm, close, other };

    [[nodiscard]] uint32_t own() const { return role_ == PV_PRODUCER ? 0x000 : 0x100; }
    [[nodiscard]] uint32_t peer() const { return role_ == PV_PRODUCER ? 0x100 : 0x000; }
    [[nodiscard]] int64_t credit() const { return role_ == PV_PRODUCER ? slots_ : 0; }
    [[nodiscard]] int64_t known() const { return seen_ + credit() - next_; }
    // How far the peer's index may go.
    [[nodiscard]] int64_t limit() const { return shown_ + slots_ - credit(); }

    uint32_t offset_of(pv_shared at, uint64_t bytes) const;
    [[nodiscard]] uint32_t word(uint32_t offset) const;
    void set_word(uint32_t offset, uint32_t value);
    uint32_t answer(uint32_t real);
    void read_once(uint32_t offset, uint32_t bytes);
    void judge_index(uint32_t value);
    void judge_state(uint32_t value);
    void move_through(uint32_t offset, uint32_t bytes);
    [[nodiscard]] pv_rule place_rule(const Place &place) const;

    pv_role role_;
    bool is_stream_;
    const pv_violations &violations_;
    pv_violations expected_ = {};
    uintptr_t base_;
    std::vector<unsigned char> memory_;
    std::vector<uint32_t> read_in_; // the call that read each byte last
    uint32_t ring_at_ = 0;          // where in memory_ the ring was attached
    Input *liar_ = nullptr;

    // The real side, as it must be.
    uint32_t slots_ = 0;
    uint32_t slot_size_ = 0;
    int64_t next_ = 0;
    int64_t shown_ = 0;
    int64_t seen_ = 0;
    bool closed_ = false;
    uint32_t closing_call_ = 0; // in which closed_ became true
    bool quiet_ = false;        // showed something without asking, since it asked last
    pv_rule refused_ = PV_RULE_KEPT;

    // The call that is on its way.
    Call call_ = Call::none;
    uint32_t call_number_ = 0;
    int64_t next_before_ = 0;
    int64_t shown_before_ = 0;
    bool was_good_ = false;
    bool fenced_ = false;
    bool index_read_ = false;
    uint32_t wanted_ = 0;
    uint32_t reserved_read_ = 0;
    std::optional<uint32_t> event_;
    std::vector<unsigned char> moved_;
};

} // namespace paravane::fuzz
