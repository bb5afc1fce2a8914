// SPDX-License-Identifier: Apache-2.0
//
// One attack after another on one kind of half after another, with what is checked of each.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include <sched.h>

#include "hostile_arena.hpp"
#include "hostile_friendly.hpp"
#include "hostile_orders.hpp"
#include "hostile_queues.hpp"
#include "hostile_streams.hpp"
#include "hostile_victims.hpp"

namespace paravane::stress {

// How long an attack lasts whose victim refuses nothing.
inline constexpr int attack_ms = 3;

enum Kind : uint32_t { producer, consumer, writer, reader, frontend, backend, kinds };
inline constexpr std::array<const char *, kinds> kind_names = {"producer", "consumer", "writer",
                                                               "reader",   "frontend", "backend"};

struct Totals {
    uint64_t attacks = 0;
    uint64_t steps = 0;
    uint64_t rings = 0;
    uint64_t refused = 0;
    std::array<uint64_t, PV_RULES> by_rule = {};
    std::array<uint64_t, kinds> by_kind = {};

    [[nodiscard]] uint32_t rules() const
    {
        uint32_t seen = 0;
        for (const uint64_t count : by_rule)
            seen += count > 0 ? 1 : 0;
        return seen;
    }
};

// Lays the rings of an attack at the ends of the arena, as close to the guard pages as they may
// lie.
inline Attack choose_attack(Random &random, Kind kind)
{
    Attack attack = {};
    const bool queue = kind == frontend || kind == backend;
    const bool fills = kind == producer || kind == writer || kind == frontend;
    // What only a queue can meet comes from its messages.
    attack.style =
        queue && random.one_in(2) ? Style::messages : static_cast<Style>(random.below(styles));
    attack.slip_one_in = 1U << random.between(4, 14);
    attack.targets = queue ? 2 : 1;
    attack.seed = random.next();
    for (uint32_t i = 0; i < attack.targets; i++) {
        Target &target = attack.target[i];
        target.victim = fills == (i == 0) ? PV_PRODUCER : PV_CONSUMER;
        target.messages = Messages::any;
        target.slots = random.power(1, 7);
        target.slot_size = PV_SLOT_SIZE_UNIT * random.between(1, 16);
        if (kind == writer || kind == reader) {
            target.slots = random.power(4, 15);
            target.slot_size = 1;
        }
        if (queue) {
            target.messages = i == 0 ? Messages::requests : Messages::responses;
            target.slot_size = i == 0 ? sizeof(pv_blk_request) : sizeof(pv_blk_response);
        }
        const bool last = attack.targets == 2 ? i == 1 : random.one_in(2);
        target.offset = last ? (Arena::bytes - target.bytes()) / PV_RING_LINE * PV_RING_LINE : 0;
    }
    if (queue)
        attack.depth = std::min(attack.target[0].slots, attack.target[1].slots);
    if (queue && random.one_in(4))
        attack.depth = random.between(1, attack.depth);
    return attack;
}

inline std::unique_ptr<Victim> victim_of(Kind kind, const Place &place, Random &random)
{
    switch (kind) {
    case producer:
        return std::make_unique<ProducerVictim>(place, random);
    case consumer:
        return std::make_unique<ConsumerVictim>(place, random);
    case writer:
        return std::make_unique<WriterVictim>(place, random);
    case reader:
        return std::make_unique<ReaderVictim>(place, random);
    case frontend:
        return std::make_unique<FrontendVictim>(place, random);
    default:
        return std::make_unique<BackendVictim>(place, random);
    }
}

class Siege {
  public:
    Siege(Random &random, Arena &arena, Orders &orders, Turns &turns, FriendlyRing &neighbour)
        : random_(random), arena_(arena), orders_(orders), turns_(turns), neighbour_(neighbour)
    {
    }

    void run(Kind kind)
    {
        const Attack attack = choose_attack(random_, kind);
        const Place place = {arena_.at(0), attack, random_.index_before_wrap()};
        lay_out(attack, place);
        const auto victim = victim_of(kind, place, random_);
        orders_.attack = attack;
        // Either before it has a peer, or already under fire.
        const bool late = attack.style == Style::reserved || random_.one_in(4);
        if (!late)
            victim->attach();
        turns_.give();
        if (late) {
            await_fire();
            victim->attach();
        }
        suffer(*victim);
        const uint64_t refused = check(*victim);
        for (uint32_t i = 0; i < 32; i++)
            victim->step();
        turns_.give();
        count(*victim, kind, attack);
        if (refused > check(*victim))
            fail("%s: a refused ring is good again", kind_names[kind]);
        if (!arena_.untouched())
            fail("%s: memory beside its ring was written", kind_names[kind]);
        neighbour_.step();
        if (random_.one_in(4))
            use_again(attack);
    }
    [[nodiscard]] const Totals &totals() const { return totals_; }

  private:
    void lay_out(const Attack &attack, const Place &place)
    {
        uint32_t from = 0;
        uint32_t to = Arena::bytes;
        arena_.forget();
        for (uint32_t i = 0; i < attack.targets; i++) {
            const Target &target = attack.target[i];
            format_at(place.ring(i), target.bytes(), place.start);
            if (target.offset == 0) {
                from = target.bytes();
                continue;
            }
            to = target.offset;
            // What alignment leaves before the guard page.
            arena_.forbid(target.offset + target.bytes(), Arena::bytes);
        }
        arena_.forbid(from, to);
    }

    void await_fire() const
    {
        const int64_t ends = now_ms() + patience_ms;
        const uint32_t scribbles = orders_.scribbles;
        while (scribbles == orders_.scribbles && now_ms() < ends)
            sched_yield();
    }

    // Works until a ring is refused, or long enough.
    void suffer(Victim &victim)
    {
        const int64_t ends = now_ms() + attack_ms;
        uint32_t scribbles = orders_.scribbles;
        for (uint32_t step = 0; check(victim) == 0; step++) {
            victim.step();
            totals_.steps++;
            if (step % 16 == 0)
                neighbour_.step();
            if (step % 64 != 0)
                continue;
            if (now_ms() >= ends)
                break;
            // Where there is no second processor to be had, the peer runs when we do not.
            if (scribbles == orders_.scribbles)
                sched_yield();
            scribbles = orders_.scribbles;
        }
    }

    // Returns how many rings were refused, each of which was counted, once, and by its rule.
    static uint64_t check(const Victim &victim)
    {
        std::array<uint64_t, PV_RULES> expected = {};
        uint64_t refused = 0;
        for (const pv_side *side : victim.sides())
            if (side->refused != PV_RULE_KEPT) {
                expected[side->refused]++;
                refused++;
            }
        for (uint32_t rule = 0; rule < PV_RULES; rule++)
            if (victim.violations().count[rule] != expected[rule])
                fail("\"%s\" counted %llu times for %llu refused rings",
                     pv_rule_name(static_cast<pv_rule>(rule)),
                     static_cast<unsigned long long>(victim.violations().count[rule]),
                     static_cast<unsigned long long>(expected[rule]));
        return refused;
    }

    void count(const Victim &victim, Kind kind, const Attack &attack)
    {
        totals_.attacks++;
        totals_.rings += attack.targets;
        for (const pv_side *side : victim.sides()) {
            if (side->refused == PV_RULE_KEPT)
                continue;
            totals_.refused++;
            totals_.by_rule[side->refused]++;
            totals_.by_kind[kind]++;
        }
    }

    // A new ring in the memory of one that was attacked.
    void use_again(const Attack &attack)
    {
        for (uint32_t i = 0; i < attack.targets; i++) {
            const Target &target = attack.target[i];
            if (target.is_stream()) {
                pass_bytes(arena_.at(target.offset), target.slots, random_);
                continue;
            }
            FriendlyRing ring("new ring", arena_.at(target.offset),
                              {target.slots, target.slot_size}, random_);
            while (ring.taken() < 100)
                ring.step();
        }
    }

    Random &random_;
    Arena &arena_;
    Orders &orders_;
    Turns &turns_;
    FriendlyRing &neighbour_;
    Totals totals_;
};

} // namespace paravane::stress
