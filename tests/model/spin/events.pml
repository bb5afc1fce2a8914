// SPDX-License-Identifier: Apache-2.0
//
// Event channels behind the shared upcall vector: pending and mask bits, a selector and an upcall
// flag per vCPU, all in memory that the guest and its domain process write. vCPU 0 runs the event
// loop; two threads of the domain process raise ports, each without end or until it rests for ever;
// vCPU 0 masks and unmasks port 0 itself, vCPU 1 does it from outside, by a hypercall. With BIND
// vCPU 1 runs a loop of its own, takes the port over, and vCPU 0 may then go down.
//
// @property spin-events-no-lost-wakeup     end-state
// @property spin-events-no-lost-raise      assertion no_lost_raise
// @property spin-events-raised-before      assertion raised_before
// @property spin-events-on-its-vcpu        assertion on_its_vcpu
// @property spin-events-always-handled     acceptance
//
// What may be left out or put differently:
// @right two_ports            -DPORTS=2 -DNO_NEIGHBOUR
// @right two_ports_neighbour  -DPORTS=2 -DRAISES=1
// @right selector_always      -DSELECTOR_ALWAYS
// @right vector_always        -DVECTOR_ALWAYS
// @right idle_handler         -DIDLE_HANDLER
// @right upcall_stored        -DUPCALL_STORED
// @right two_selector_bits    -DPORTS=2 -DSELECTOR_BITS=2 -DNO_NEIGHBOUR
// @right bind                 -DBIND -DRAISES=1 -DIDLE_HANDLER
// @right handled              -DLIVENESS -DNO_MASKS -DPORTS=2 -DNO_NEIGHBOUR
//
// @wrong mask_tested_first          spin-events-no-lost-wakeup
// @wrong no_fence_raise             spin-events-no-lost-wakeup
// @wrong pending_tested_first       spin-events-no-lost-wakeup
// @wrong no_selector_unmask         spin-events-no-lost-wakeup
// @wrong wakes_the_caller           spin-events-no-lost-wakeup
// @wrong selector_cleared_last      spin-events-no-lost-wakeup
// @wrong upcall_cleared_last        spin-events-no-lost-wakeup
// @wrong upcall_before_selector     spin-events-no-lost-wakeup
// @wrong block_without_look         spin-events-no-lost-wakeup
// @wrong handled_before_cleared     spin-events-no-lost-raise
// @wrong cleared_unchecked          spin-events-raised-before -DBIND -DRAISES=1 -DIDLE_HANDLER
// @wrong caller_scans_it            spin-events-on-its-vcpu -DBIND -DRAISES=1 -DIDLE_HANDLER
// @wrong bind_without_raise         spin-events-no-lost-wakeup -DBIND -DRAISES=1 -DIDLE_HANDLER
// @wrong bind_tests_first           spin-events-no-lost-wakeup -DBIND -DRAISES=1 -DIDLE_HANDLER
// @wrong vcpu_read_first            spin-events-no-lost-wakeup -DBIND -DRAISES=1 -DIDLE_HANDLER -DNO_MASKS
// @wrong one_port_a_turn            spin-events-always-handled -DLIVENESS -DNO_MASKS -DPORTS=2 -DNO_NEIGHBOUR

#ifndef PORTS
#define PORTS 1
#endif
#ifndef SELECTOR_BITS
#define SELECTOR_BITS 1     // words of pending bits that the selector tells apart
#endif

// A word each, as an atomic step on one bit of a word leaves the others alone.
#define PENDING(port) (port)
#define MASK(port) (PORTS + (port))
#define SELECTOR(vcpu) (2 * PORTS + (vcpu))
#define UPCALL(vcpu) (2 * PORTS + 2 + (vcpu))
#define WORDS (2 * PORTS + 4)

// The vCPUs are sides 0 and 1, and so are the threads of the domain process that run them. Each
// side stores plainly to one word at most: there is no order to be lost.
#define RAISER(n) (2 + (n))
#define SIDES 4
#define DEPTH 2
#define IN_ORDER

#include "memory.pml"

#define selector_bit(port) (1 << ((port) % SELECTOR_BITS))

// The vector's bit in the vCPU's interrupt controller: sticky, and one however often it is sent.
#define vector(vcpu) pending[vcpu]

bool in_guest[2] = true;    // the vector is delivered only here
byte awake = 2;             // vCPUs that are neither halted nor at rest for ever
bool down;                  // vCPU 0 takes no vector any more
byte raisers = 2;           // that may still raise
byte vcpu_of[PORTS];        // the domain process's own; no guest writes it

// What the properties speak of. No step of the protocol decides by it, only who may rest for ever.
byte raises[PORTS];         // not coalesced, not yet handled
bool owed[PORTS];           // raised since the last handling began
byte resting;
hidden byte no_lost_raise;  // with nothing pending but what is masked, every raise was handled
hidden byte raised_before;  // each handling has a raise of its own
hidden byte on_its_vcpu;    // on the vCPU that the port is bound to, or was

#define settled(port) \
    (memory[PENDING(port)] == raises[port] && (!memory[PENDING(port)] || memory[MASK(port)]))
#define handled(port) (!owed[port] || memory[MASK(port)])
#if PORTS == 2
#define all_settled (settled(0) && settled(1))
#define all_handled (handled(0) && handled(1))
#else
#define all_settled settled(0)
#define all_handled handled(0)
#endif
#ifdef BIND
#define other_idle !vector(1)
#else
#define other_idle true
#endif
#define all_at_rest \
    (raisers == 0 && awake == 0 && (!vector(0) || down) && other_idle && all_settled && \
    stores_landed(0) && stores_landed(1) && stores_landed(2) && stores_landed(3))

// ---- domain process -----------------------------------------------------------------------------

inline set_selector(side, vcpu, port) {
    d_step {
        fence(side) ->
        had = memory[SELECTOR(vcpu)] & selector_bit(port);
        memory[SELECTOR(vcpu)] = memory[SELECTOR(vcpu)] | selector_bit(port)
    }
}

#ifdef SELECTOR_ALWAYS
#define done_by_selector false
#else
#define done_by_selector had
#endif
#ifdef VECTOR_ALWAYS
#define done_by_upcall false
#else
#define done_by_upcall had
#endif

#ifndef BIND
#ifdef wakes_the_caller
#define TARGET (side == 1 -> 1 : 0)
#else
#define TARGET 0
#endif
#elif defined(caller_scans_it)
#define TARGET (side == 1 -> 1 : target)
#else
#define TARGET target
#endif

inline flag_and_send(side, port) {
    exchange(side, UPCALL(TARGET), 1, had);
    if
    :: done_by_upcall
    :: !(done_by_upcall) -> notify(TARGET)
    fi
}

// From the selector on. Who finds its bit or the flag set already has somebody before it, who goes
// on to the vector, or a vCPU that will look again.
inline upcall(side, port) {
#if defined(BIND) && !defined(vcpu_read_first)
    target = vcpu_of[port];
#endif
#ifdef upcall_before_selector
    flag_and_send(side, port);
    set_selector(side, TARGET, port);
#else
    set_selector(side, TARGET, port);
    if
    :: done_by_selector
    :: !(done_by_selector) -> flag_and_send(side, port)
    fi;
#endif
    had = 0
}

inline raise(side) {
#ifdef mask_tested_first
    if
    :: port = 0
    :: port = PORTS - 1
    fi;
    load(MASK(port), masked);
#endif
    atomic {
#ifndef no_fence_raise
        fence(side) ->
#endif
#ifndef mask_tested_first
        if
        :: port = 0
        :: port = PORTS - 1
        fi;
#endif
#ifdef vcpu_read_first
        target = vcpu_of[port];
#endif
        had = memory[PENDING(port)];
#ifdef no_fence_raise
        store_relaxed(side, PENDING(port), 1);
#else
        memory[PENDING(port)] = 1;
#endif
        owed[port] = true;
        if
        :: !had -> raises[port]++
        :: else
        fi
    };
    if
    :: had -> had = 0
    :: else ->
        if
#ifdef mask_tested_first
        :: masked
#else
        :: memory[MASK(port)]
#endif
        :: else -> upcall(side, port)
        fi
    fi
}

inline clear_mask(side, port) {
    d_step {
        fence(side) ->
        memory[MASK(port)] = 0
    }
}

inline clear_mask_and_test(side, port) {
#ifdef pending_tested_first
    load(PENDING(port), waits);
    clear_mask(side, port);
#else
    clear_mask(side, port);
    load(PENDING(port), waits);
#endif
}

// By the thread of the domain process that runs the caller's vCPU: the same side.
inline unmask_by_host(vcpu, port) {
    clear_mask_and_test(vcpu, port);
    if
    :: waits ->
        waits = 0;
        upcall(vcpu, port)
    :: else
    fi
}

proctype raiser(byte me) {
    byte had, port;
#ifdef RAISES
    byte raised;
#endif
#ifdef mask_tested_first
    byte masked;
#endif
#ifdef BIND
    byte target;
#endif

    do
#ifdef RAISES
    :: raised < RAISES ->
        raise(me);
        raised++
#else
    :: raise(me)
#endif
    :: break
    od;
    raisers--
}

#ifdef BIND
inline bind(vcpu, port) {
#ifdef bind_tests_first
    load(PENDING(port), waits);
#endif
    d_step { fence(vcpu) -> vcpu_of[port] = vcpu };
#ifndef bind_tests_first
    load(PENDING(port), waits);
#endif
#ifndef bind_without_raise
    if
    :: waits && !memory[MASK(port)] -> upcall(vcpu, port)
    :: else
    fi;
#endif
    waits = 0
}
#endif

// ---- guest --------------------------------------------------------------------------------------

inline mask(vcpu, port) {
    d_step {
        fence(vcpu) ->
        memory[MASK(port)] = 1
    }
}

// On the port's own vCPU, which will block only after another look.
inline unmask_here(vcpu, port) {
    clear_mask_and_test(vcpu, port);
    if
    :: waits ->
        waits = 0;
#ifndef no_selector_unmask
        set_selector(vcpu, vcpu, port);
        had = 0;
#endif
        store_relaxed(vcpu, UPCALL(vcpu), 1)
    :: else
    fi
}

inline handle(vcpu, port) {
    d_step {
        raised_before = raises[port] > 0;
        assert(raised_before);
        on_its_vcpu = vcpu_of[port] == vcpu || vcpu == 0;
        assert(on_its_vcpu);
        raises[port]--;
        owed[port] = false
    }
}

inline clear_pending(vcpu, port) {
    d_step {
        fence(vcpu) ->
        had = memory[PENDING(port)];
        memory[PENDING(port)] = 0
    }
}

// Two vCPUs may both have found the bit if the port moves: the one that cleared it handles it.
inline take(vcpu, port) {
#ifdef handled_before_cleared
    handle(vcpu, port);
    clear_pending(vcpu, port);
#else
    clear_pending(vcpu, port);
#if defined(BIND) && !defined(cleared_unchecked)
    if
    :: had -> handle(vcpu, port)
    :: else
    fi;
#else
    handle(vcpu, port);
#endif
#endif
    atomic { had = 0; found = true }
}

inline clear_selector(vcpu) {
    d_step {
        fence(vcpu) ->
        memory[SELECTOR(vcpu)] = 0
    }
}

inline clear_upcall(vcpu) {
#ifdef UPCALL_STORED
    store_relaxed(vcpu, UPCALL(vcpu), 0)
#else
    d_step {
        fence(vcpu) ->
        memory[UPCALL(vcpu)] = 0
    }
#endif
}

inline scan(vcpu) {
#ifndef upcall_cleared_last
    clear_upcall(vcpu);
#endif
#ifdef selector_cleared_last
    load(SELECTOR(vcpu), selected);
#else
    exchange(vcpu, SELECTOR(vcpu), 0, selected);
#endif
#ifdef upcall_cleared_last
    clear_upcall(vcpu);
#endif
    do
    :: port < PORTS && !(selected & selector_bit(port)) -> port++
    :: port < PORTS && (selected & selector_bit(port)) ->
        if
        :: memory[PENDING(port)] ->
            if
            :: memory[MASK(port)]
            :: else -> take(vcpu, port)
            fi
        :: else
        fi;
#ifdef one_port_a_turn
        if
        :: found -> break
        :: else
        fi;
#endif
        port++
    :: port == PORTS -> break
    od;
#ifdef selector_cleared_last
    clear_selector(vcpu);
#endif
    atomic { port = 0; selected = 0 }
}

// The vector may come at any moment before the exit; later ones stick. It is left open when it is
// delivered after the entry.
inline block(vcpu) {
    in_guest[vcpu] = false;
    if
#ifndef block_without_look
    :: load_own(vcpu, UPCALL(vcpu)) != 0
    :: atomic { load_own(vcpu, UPCALL(vcpu)) == 0 -> awake-- };
#else
    :: awake--;
#endif
        if
        :: atomic { vector(vcpu) -> awake++ }
        // Nobody need wake it now. Any other sleep without end is an invalid end state.
        :: atomic {
            all_at_rest ->
            no_lost_raise = all_handled;
            assert(no_lost_raise);
            break
           }
        fi
    fi;
    in_guest[vcpu] = true
}

// Acknowledged, the flag set, EOI: one step, as its vCPU stands still meanwhile, and whatever
// others do between may as well come before the store lands.
proctype vector_handler(byte vcpu) {
    do
    :: atomic {
        vector(vcpu) && in_guest[vcpu] && buffer[vcpu].count < DEPTH ->
        vector(vcpu) = false;
#ifndef IDLE_HANDLER
        store_relaxed(vcpu, UPCALL(vcpu), 1)
#endif
       }
    :: atomic { all_at_rest -> break }
    od
}

// What the guest knows of the binding may be old by the time it is used.
inline unmask(vcpu, port) {
#ifdef BIND
    if
    :: vcpu_of[port] == vcpu -> unmask_here(vcpu, port)
    :: else -> unmask_by_host(vcpu, port)
    fi
#else
    unmask_here(vcpu, port)
#endif
}

proctype vcpu(byte me) {
    byte had, waits, selected, port;
    bool found;
#ifdef BIND
    byte target;
#endif

    do
    :: {
        if
#ifdef BIND
#ifndef NO_MASKS
        :: me == 1 -> mask(1, 0)
        :: me == 1 -> unmask(1, 0)
#endif
#elif !defined(NO_MASKS)
        :: mask(me, 0)
        :: unmask(me, 0)
#endif
#ifdef BIND
        :: me == 1 && vcpu_of[0] == 0 -> bind(me, 0)
#endif
        :: true
        fi;
        scan(me);
        if
        :: found -> found = false
        :: !found -> block(me)
#ifdef BIND
        :: atomic {
            !found && me == 0 && vcpu_of[0] == 1 ->
            in_guest[0] = false;
            down = true;
            awake--;
            break
           }
#endif
        fi
       }
    od
}

#if !defined(BIND) && !defined(NO_NEIGHBOUR)
proctype neighbour() {
    byte had, waits;

    do
    :: mask(1, 0)
    :: unmask_by_host(1, 0)
    :: break
    od;
    awake--
}
#endif

init {
    atomic {
        run store_buffer(0);
        run raiser(RAISER(0));
        run raiser(RAISER(1));
        run vector_handler(0);
#ifdef BIND
        run store_buffer(1);
        run vector_handler(1);
        run vcpu(1);
#elif defined(NO_NEIGHBOUR)
        awake--;
#else
        run neighbour();
#endif
#ifdef no_fence_raise
        run store_buffer(RAISER(0));
        run store_buffer(RAISER(1));
#endif
        run vcpu(0)
    }
}

#ifdef LIVENESS
ltl always_handled { [] (owed[PORTS - 1] -> <> !owed[PORTS - 1]) }
#endif
