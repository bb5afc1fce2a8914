// SPDX-License-Identifier: Apache-2.0
//
// One entry of a grant table, the pins of its backends, and its revocation. The guest grants frame
// after frame through the entry and revokes each; a backend pins, looks again, uses the frame at
// once or by an I/O that goes on by itself, and unpins. A backend may hang or die at any step, and
// is killed when a revocation has waited too long; its I/O goes on until the fence, then its
// supervisor clears its pins and starts it again.
//
// @property spin-grant-revoke-ends        end-state
// @property spin-grant-use-is-granted     assertion use_is_granted
// @property spin-grant-revoked-is-final   assertion revoked_is_final
// @property spin-grant-no-pin-left        assertion no_pin_left
// @property spin-grant-always-revoked     acceptance
//
// @right two_backends  -DBACKENDS=2 -DCRASHES=0 -DAT_ONCE
// @right patient       -DPATIENT
// @right revoked       -DLIVENESS
//
// @wrong no_fence_pin               spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong fence_at_second_pin        spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong no_fence_clear             spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong no_second_look             spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong unpinned_before_completion spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong relaxed_unpin              spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong cleared_before_fence       spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong started_before_cleared     spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong pins_in_guest_memory       spin-grant-use-is-granted,spin-grant-revoked-is-final
// @wrong no_kill                    spin-grant-revoke-ends
// @wrong death_not_swept            spin-grant-no-pin-left
// @wrong refused_without_unpin      spin-grant-no-pin-left
// @wrong no_fence_unpin             spin-grant-revoke-ends -DPATIENT
// @wrong no_wake                    spin-grant-revoke-ends -DPATIENT

#ifndef BACKENDS
#define BACKENDS 1
#endif
#ifndef CRASHES
#define CRASHES 1       // besides those that a revocation asks for
#endif

// The guest's vCPU and the thread of the domain process that runs it are one side.
#define REVOKER 0
#define BACKEND(n) (1 + (n))
#define SUPERVISOR(n) (1 + BACKENDS + (n))
#define SIDES (1 + 2 * BACKENDS)
#define DEPTH 3

// What is pinned already stays so: the first pin alone has a fence, and the last unpin.
#ifdef fence_at_second_pin
#define FENCED 2
#else
#define FENCED 1
#endif

#define NOTHING 0
#define FRAMES 2
#define ENTRY 0             // NOTHING, or the frame that is granted: 1 or 2
#define WAITING 1           // the revoker's: wake me when a pin goes; backends only read it
#define FRAME(frame) (1 + (frame))
#define PINS(n) (2 + FRAMES + (n))
#define WORDS (2 + FRAMES + BACKENDS)

#include "memory.pml"

bool dying[BACKENDS];
bool dead[BACKENDS];
bool ended[BACKENDS];
bool hung[BACKENDS];
#ifdef PATIENT
bool has_hung;                  // once is enough: what may always hang may always be rescued
#endif
byte in_flight[BACKENDS];       // NOTHING, or the frame of the I/O
bool completed[BACKENDS];
byte crashes;
bool guest_rests;
bool revoking;

// What the properties speak of.
byte granted;                   // the frame from its grant until its revocation is reported
byte using[BACKENDS];           // the frame that a backend found good
hidden byte use_is_granted;     // what a backend or an I/O touches is granted
hidden byte revoked_is_final;   // when it is reported, nobody uses the frame nor will a store land
hidden byte no_pin_left;        // at rest nothing is pinned

#define store_under_way(side, at) \
    ((buffer[side].count > 0 && buffer[side].word[0] == (at)) || \
    (buffer[side].count > 1 && buffer[side].word[1] == (at)) || \
    (buffer[side].count > 2 && buffer[side].word[2] == (at)))
#define unused(n, frame) \
    (using[n] != frame && in_flight[n] != frame && !store_under_way(BACKEND(n), FRAME(frame)))
#if BACKENDS == 2
#define unused_by_all(frame) (unused(0, frame) && unused(1, frame))
#else
#define unused_by_all(frame) unused(0, frame)
#endif

// ---- guest and domain process -------------------------------------------------------------------

#ifdef PATIENT
#define timed_out(n) hung[n]
#else
#define timed_out(n) true
#endif

inline await_unpinned(n) {
    do
    :: memory[PINS(n)] == 0 -> break
    :: memory[PINS(n)] != 0 ->
        store_relaxed(REVOKER, WAITING, true);
        fence(REVOKER);
        if
        :: memory[PINS(n)] == 0
        :: memory[PINS(n)] != 0 ->
            if
            :: wait(REVOKER)
#ifndef no_kill
            :: atomic { timed_out(n) && !dead[n] && !dying[n] -> dying[n] = true }
#endif
            fi
        fi
    od
}

proctype revoker() {
    byte frame, n;

    frame = 1;
    do
    :: atomic {
        granted = frame;
        store_release(REVOKER, ENTRY, frame)
       };
       atomic {
        revoking = true;
        store_relaxed(REVOKER, ENTRY, NOTHING)
       };
#ifdef pins_in_guest_memory
       store_relaxed(REVOKER, PINS(0), 0);
#endif
#ifndef no_fence_clear
       fence(REVOKER);
#endif
       do
       :: n < BACKENDS ->
            await_unpinned(n);
            n++
       :: n == BACKENDS -> break
       od;
       atomic {
        n = 0;
        revoked_is_final = unused_by_all(frame);
        assert(revoked_is_final);
        granted = NOTHING;
        revoking = false;
        frame = 3 - frame
       };
       store_relaxed(REVOKER, WAITING, false)
    :: break
    od;
    fence(REVOKER);
    guest_rests = true
}

// ---- backend ------------------------------------------------------------------------------------

inline check_use(n, frame) {
    use_is_granted = granted == frame;
    assert(use_is_granted)
}

inline pin(n) {
    atomic {
        pins++;
        store_relaxed(BACKEND(n), PINS(n), pins)
    }
}

inline unpin(n) {
    atomic {
        pins--;
#ifdef relaxed_unpin
        store_relaxed(BACKEND(n), PINS(n), pins)
#else
        store_release(BACKEND(n), PINS(n), pins)
#endif
    };
#ifndef no_wake
    if
    :: pins == 0 ->
#ifndef no_fence_unpin
        fence(BACKEND(n));
#endif
        if
        :: memory[WAITING] -> notify(REVOKER)
        :: else
        fi
    :: else
    fi
#endif
}

inline use(n) {
    pin(n);
#ifndef no_fence_pin
    if
    :: pins == FENCED -> fence(BACKEND(n))
    :: else
    fi;
#endif
    if
#ifndef no_second_look
    :: memory[ENTRY] != frame ->
        frame = NOTHING;
#ifndef refused_without_unpin
        unpin(n)
#endif
    :: atomic { memory[ENTRY] == frame -> using[n] = frame };
#else
    :: atomic { true -> using[n] = frame };
#endif
        if
        :: atomic {
            check_use(n, frame);
            store_relaxed(BACKEND(n), FRAME(frame), true);
            using[n] = NOTHING;
            frame = NOTHING
           };
           unpin(n)
        // One at a time; it keeps the pin.
        :: atomic {
            in_flight[n] == NOTHING && !completed[n] ->
            in_flight[n] = frame;
            using[n] = NOTHING;
            frame = NOTHING
           };
#ifdef unpinned_before_completion
           unpin(n)
#endif
        fi
    fi
}

proctype backend(byte n) {
    byte frame, pins;

    do
    :: {
            do
            :: atomic { memory[ENTRY] != NOTHING -> load(ENTRY, frame) };
                use(n)
            :: completed[n] ->
                completed[n] = false;
#ifndef unpinned_before_completion
                unpin(n)
#endif
#ifdef PATIENT
            :: atomic { !has_hung -> has_hung = true; hung[n] = true };
#else
            :: hung[n] = true;
#endif
                false
            :: guest_rests && !completed[n] && in_flight[n] == NOTHING -> break
            od
        } unless {
            dying[n]
        };
        atomic {
            if
            :: dying[n] ->
                stores_landed(BACKEND(n));
                frame = NOTHING;
                pins = 0;
                using[n] = NOTHING;
                hung[n] = false;
                dead[n] = true;
                dying[n] = false
            :: else ->
                ended[n] = true;
                break
            fi
        };
        !dead[n]
    od
}

proctype device(byte n) {
    do
    :: atomic {
        in_flight[n] != NOTHING ->
        check_use(n, in_flight[n]);
        in_flight[n] = NOTHING;
        completed[n] = true
       }
    :: ended[n] -> break
    od
}

// ---- deaths -------------------------------------------------------------------------------------

// Zero is stored by another side than the one that counts, so only while there is nobody to count.
inline clear_pins(n) {
    store_relaxed(SUPERVISOR(n), PINS(n), 0);
    fence(SUPERVISOR(n));
    if
    :: memory[WAITING] -> notify(REVOKER)
    :: else
    fi
}

proctype supervisor(byte n) {
    do
    :: dead[n] ->
#ifndef cleared_before_fence
        // The fence: a completion was seen for everything that the dead one had started.
        atomic { in_flight[n] == NOTHING -> completed[n] = false };
#endif
#ifdef started_before_cleared
        dead[n] = false;
        clear_pins(n)
#else
#ifndef death_not_swept
        clear_pins(n);
#endif
        dead[n] = false
#endif
    // Whoever hangs unnoticed is stopped with the guest.
    :: atomic { guest_rests && hung[n] && !dying[n] -> dying[n] = true }
    :: atomic {
        ended[n] && stores_landed(BACKEND(n)) ->
        no_pin_left = memory[PINS(n)] == 0;
#ifndef cleared_before_fence
        assert(no_pin_left);
#endif
        break
       }
    od
}

#if CRASHES > 0
// It stops at a moment of its choice, or a death that is still to come would look like a way on.
proctype reaper() {
    do
    :: atomic {
        crashes < CRASHES && !dying[0] && !dead[0] && !ended[0] ->
        dying[0] = true;
        crashes++
       }
    :: break
    od
}
#endif

init {
    atomic {
#if CRASHES > 0
        run reaper();
#endif
        run store_buffer(REVOKER);
        run store_buffer(BACKEND(0));
        run store_buffer(SUPERVISOR(0));
        run backend(0);
        run device(0);
        run supervisor(0);
#if BACKENDS == 2
        run store_buffer(BACKEND(1));
        run store_buffer(SUPERVISOR(1));
        run backend(1);
        run device(1);
        run supervisor(1);
#endif
        run revoker()
    }
}

#ifdef LIVENESS
ltl always_revoked { [] (revoking -> <> !revoking) }
#endif
