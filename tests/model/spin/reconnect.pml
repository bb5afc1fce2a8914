// SPDX-License-Identifier: Apache-2.0
//
// One ring, both sides sleeping, where either side may die at any step, CRASHES times together. A
// supervisor starts it again once the dead process's stores have landed (it has seen the process
// end), and all that the new one knows is its log: memory that the peer cannot reach.
//   producer's log   elements made: index, and with LOG_FIRST the slots' contents; written before
//                    they are published
//   consumer's log   elements in flight (private copies), index; written before they are released
// Finishing an element takes it out of the log in one step with its effect.
//
// @property spin-reconnect-no-lost-wakeup     end-state
// @property spin-reconnect-nothing-lost       assertion nothing_lost
// @property spin-reconnect-nothing-twice      assertion nothing_twice
// @property spin-reconnect-in-order-once      assertion in_order_once
// @property spin-reconnect-no-overflow        assertion no_overflow
// @property spin-reconnect-honest-not-refused assertion honest_not_refused
//
// @right log_first -DLOG_FIRST
//
// @wrong no_kick_on_producer_reconnect spin-reconnect-no-lost-wakeup
// @wrong no_kick_on_consumer_reconnect spin-reconnect-no-lost-wakeup
// @wrong no_fence_kick                 spin-reconnect-no-lost-wakeup
// @wrong attach_at_shared_index        spin-reconnect-nothing-twice
// @wrong finish_logged_after_effect    spin-reconnect-nothing-twice
// @wrong replay_uncommitted_copy       spin-reconnect-nothing-twice
// @wrong forget_unfinished             spin-reconnect-nothing-lost
// @wrong log_index_before_copy         spin-reconnect-nothing-lost
// @wrong log_after_release             spin-reconnect-nothing-twice
// @wrong log_after_publish             spin-reconnect-no-overflow,spin-reconnect-honest-not-refused
// @wrong log_first_without_restore     spin-reconnect-in-order-once -DLOG_FIRST

#ifndef CRASHES
#define CRASHES 2
#endif

#ifndef ELEMENTS
#define ELEMENTS 3          // one more than the ring has slots, so that both sides have to wait
#endif
#define NOBODY_CLOSES

#include "protocol.pml"

#define START (MODULUS - 1) // the second element's index has wrapped
#define END wrapped(START + ELEMENTS)

#define NOTHING NEVER_WRITTEN

byte log_filled;
#ifdef LOG_FIRST
byte log_slot[SLOTS];       // what was put last under each slot
#endif
byte log_taken;
byte log_in_flight[SLOTS];  // NOTHING, or the copy of the element taken under this slot
#define in_flight (log_in_flight[0] != NOTHING || log_in_flight[1] != NOTHING)
#if SLOTS != 2
#error "in_flight and the consumer are written out for two slots"
#endif

bool dying[2];
bool resting[2];            // beyond its last step: a death would change nothing
byte crashes;

// At most SLOTS elements lie in the ring and as many are in flight; older ones have their effect.
bool unfinished[MODULUS];
hidden byte nothing_lost;
hidden byte nothing_twice;
#if 2 * SLOTS >= MODULUS
#error "an index must not come round while its element may be unfinished"
#endif

// ---- producer -----------------------------------------------------------------------------------

inline make_one() {
#ifdef LOG_FIRST
    log_slot[filled % SLOTS] = filled;
#endif
    d_step {
        nothing_lost = !unfinished[wrapped(filled - 2 * SLOTS)];
        assert(nothing_lost);
        unfinished[filled] = true;
#ifdef LOG_FIRST
        log_filled = wrapped(filled + 1);
#endif
        true_filled = wrapped(filled + 1)
    };
    producer_fill()
}

// Which of the logged elements reached their slots nobody knows; written twice they are the same.
inline producer_restore() {
#if defined(LOG_FIRST) && !defined(log_first_without_restore)
    do
    :: slot < SLOTS ->
        if
        :: log_slot[slot] != NEVER_WRITTEN -> store_relaxed(PRODUCER, SLOT(slot), log_slot[slot])
        :: else
        fi;
        slot++
    :: else -> break
    od;
    slot = 0
#else
    skip
#endif
}

proctype producer() {
    PRODUCER_LOCALS;
    byte slot;

    do
    :: {
            producer_restore();
            producer_attach(log_filled);
            do
            :: room() > 0 && filled != END -> make_one()
            :: filled != published ->
#if !defined(LOG_FIRST) && !defined(log_after_publish)
                log_filled = filled;
#endif
                producer_publish();
#ifdef log_after_publish
                log_filled = filled
#endif
            :: room() == 0 && filled == published && filled != END ->
                producer_arm(1);
                if
                :: room() == 0 -> wait(PRODUCER)
                :: else
                fi
            :: filled == published ->
                producer_stopped = true;
                break
            od
        } unless {
            dying[PRODUCER]
        };
        atomic {
            if
            :: dying[PRODUCER] ->
                stores_landed(PRODUCER);
#ifndef LOG_FIRST
                // What was not logged was never made.
                do
                :: true_filled != log_filled ->
                    true_filled = wrapped(true_filled - 1);
                    unfinished[true_filled] = false
                :: else -> break
                od;
#endif
                filled = 0;
                published = 0;
                seen = 0;
                now = 0;
                event = 0;
                slot = 0;
                producer_stopped = false;
                dying[PRODUCER] = false
            :: else ->
                resting[PRODUCER] = true;
                break
            fi
        }
    od
}

// ---- consumer -----------------------------------------------------------------------------------

inline take_to_log() {
    d_step {
        load(SLOT(taken), element);
        in_order_once = element == taken;
        assert(in_order_once);
        taken = wrapped(taken + 1)
    };
#ifdef log_index_before_copy
    log_taken = taken;
    log_in_flight[element % SLOTS] = element;
#else
    log_in_flight[element % SLOTS] = element;
#ifndef log_after_release
    log_taken = taken;
#endif
#endif
    element = 0
}

inline finish_one() {
    d_step {
        element = log_in_flight[element];
        nothing_twice = unfinished[element];
        assert(nothing_twice);
        unfinished[element] = false;
#ifndef finish_logged_after_effect
        log_in_flight[element % SLOTS] = NOTHING;
        element = 0
#endif
    }
#ifdef finish_logged_after_effect
    log_in_flight[element % SLOTS] = NOTHING;
    element = 0
#endif
}

// A copy whose index was not committed is still in the ring, and will be taken again.
inline consumer_recover() {
#ifndef replay_uncommitted_copy
    d_step {
        if
        :: log_in_flight[log_taken % SLOTS] == log_taken ->
            log_in_flight[log_taken % SLOTS] = NOTHING
        :: else
        fi
    };
#endif
#ifdef forget_unfinished
    log_in_flight[0] = NOTHING;
    log_in_flight[1] = NOTHING;
#endif
#ifdef attach_at_shared_index
    consumer_attach(memory[CONSUMER_INDEX])
#else
    consumer_attach(log_taken)
#endif
}

proctype consumer() {
    CONSUMER_LOCALS;

    do
    :: {
            consumer_recover();
            do
            :: taken != seen && log_in_flight[taken % SLOTS] == NOTHING -> take_to_log()
            :: log_in_flight[0] != NOTHING ->
                element = 0;
                finish_one()
            :: log_in_flight[1] != NOTHING ->
                element = 1;
                finish_one()
            :: taken != released ->
                consumer_release();
#ifdef log_after_release
                log_taken = taken
#endif
            :: taken == seen && taken == released ->
                consumer_arm(1);
                if
                :: taken == seen ->
                    if
                    :: wait(CONSUMER)
                    :: in_flight -> skip
                    // Nobody need wake it now. Any other sleep without end is an invalid end state.
                    :: resting[PRODUCER] && taken == true_filled && !in_flight -> break
                    fi
                :: else
                fi
            od
        } unless {
            dying[CONSUMER]
        };
        atomic {
            if
            :: dying[CONSUMER] ->
                stores_landed(CONSUMER);
                taken = 0;
                released = 0;
                seen = 0;
                now = 0;
                event = 0;
                element = 0;
                dying[CONSUMER] = false
            :: else ->
                resting[CONSUMER] = true;
                break
            fi
        }
    od;
    element = 0;
    d_step {
        do
        :: element < MODULUS ->
            nothing_lost = !unfinished[element];
            assert(nothing_lost);
            element++
        :: else -> break
        od
    }
}

// ---- deaths -------------------------------------------------------------------------------------

inline kill(side) {
    dying[side] = true;
    // A port may be made anew with the process, or kept by the supervisor.
    if
    :: pending[side] = false
    :: true
    fi;
    crashes++;
    if
    :: crashes == CRASHES -> break
    :: else
    fi
}

// It stops at a moment of its choice, or a death that is still to come would look like a way on.
proctype reaper() {
    do
    :: atomic { !dying[PRODUCER] && !resting[PRODUCER] -> kill(PRODUCER) }
    :: atomic { !dying[CONSUMER] && !resting[CONSUMER] -> kill(CONSUMER) }
    :: atomic { crashes = CRASHES; break }
    od
}

init {
    start_memory();
    d_step {
        memory[PRODUCER_INDEX] = START;
        memory[CONSUMER_INDEX] = START;
        log_filled = START;
        log_taken = START;
        true_filled = START;
        true_released = START;
        do
        :: entry < SLOTS ->
            log_in_flight[entry] = NOTHING;
#ifdef LOG_FIRST
            log_slot[entry] = NEVER_WRITTEN;
#endif
            entry++
        :: else -> break
        od;
        entry = 0
    };
    atomic {
        run reaper();
        run store_buffer(PRODUCER);
        run store_buffer(CONSUMER);
        run producer();
        run consumer()
    }
}
