// SPDX-License-Identifier: Apache-2.0
//
// Shared memory behind store buffers, and the notification ports, between two sides or more.
//
// Nothing here is sequentially consistent. A store goes into the buffer of the side that made it
// and reaches memory at any later moment; a fence waits until the side's buffer is empty; a load
// reads memory. On the rings no word has two writers and neither side reads a word back that it
// wrote, so a load does not look into its own side's buffer; load_own does. An atomic
// read-modify-write waits for its side's buffer as a fence does, and is seen by all at once.
//
// Three machines:
//   default    stores to different words reach memory in any order. A release store reaches memory
//              only after every earlier store of its side; later stores may overtake it.
//   IN_ORDER   first in, first out (x86-TSO). Every run of it is a run of the default machine too.
//   AT_ONCE    stores do not linger (sequential consistency), where states would be too many.
//
// Loads happen in program order. What a dropped acquire does is outside this machine (see
// README.md).

#ifndef DEPTH
#define DEPTH 4     // stores that one side may have under way; with more to store it waits
#endif
#if DEPTH > 4
#error "the drain rules below are written out for four entries"
#endif

#ifndef SIDES
#define SIDES 2
#endif

// The includer says how many words there are and which are the slots, if any.
#define NEVER_WRITTEN 255

typedef StoreBuffer {
    byte count;
    byte word[DEPTH];
    byte value[DEPTH];
    bool release[DEPTH]
};

byte memory[WORDS];
StoreBuffer buffer[SIDES];
bool pending[SIDES];        // the sticky bit of the port on which a side waits
hidden byte entry;      // scratch of the atomic steps below; always dead between steps

#ifdef AT_ONCE
#define store(side, at, what, is_release) memory[at] = what
#else
inline store(side, at, what, is_release) {
    d_step {
        buffer[side].count < DEPTH ->
        buffer[side].word[buffer[side].count] = at;
        buffer[side].value[buffer[side].count] = what;
        buffer[side].release[buffer[side].count] = is_release;
        buffer[side].count++
    }
}
#endif

#define store_relaxed(side, at, what) store(side, at, what, false)
#define store_release(side, at, what) store(side, at, what, true)
#define load(at, into) into = memory[at]
#define stores_landed(side) (buffer[side].count == 0)
#define fence(side) stores_landed(side)

inline exchange(side, at, what, into) {
    d_step {
        fence(side) ->
        into = memory[at];
        memory[at] = what
    }
}

// What the side itself sees: its newest store of the word, landed or not. For two entries.
#define newest_is(side, at, i) (buffer[side].count > i && buffer[side].word[i] == (at))
#define load_own(side, at) \
    (newest_is(side, at, 1) -> buffer[side].value[1] : \
    (newest_is(side, at, 0) -> buffer[side].value[0] : memory[at]))

// A notification is not a barrier: it leaves the buffer as it is.
#define notify(side) pending[side] = true
inline wait(side) {
    d_step { pending[side] -> pending[side] = false }
}

#define word_in(side, i) buffer[side].word[i]
#define may_overtake(side, i) (buffer[side].count > i && !buffer[side].release[i])

inline drain(side, i) {
    memory[buffer[side].word[i]] = buffer[side].value[i];
    buffer[side].count--;
    entry = i;
    do
    :: entry < buffer[side].count ->
        buffer[side].word[entry] = buffer[side].word[entry + 1];
        buffer[side].value[entry] = buffer[side].value[entry + 1];
        buffer[side].release[entry] = buffer[side].release[entry + 1];
        entry++
    :: else -> break
    od;
    // A vacated entry must look the same whatever was in it, or equal states count as different
    // ones.
    buffer[side].word[entry] = 0;
    buffer[side].value[entry] = 0;
    buffer[side].release[entry] = false;
    entry = 0
}

// Only ever blocked for want of stores, so stopping here is always a proper end.
proctype store_buffer(byte side) {
end:
    do
    :: d_step { buffer[side].count > 0 -> drain(side, 0) }
#ifndef IN_ORDER
    :: d_step {
        may_overtake(side, 1) && word_in(side, 1) != word_in(side, 0) ->
        drain(side, 1)
    }
#if DEPTH > 2
    :: d_step {
        may_overtake(side, 2) && word_in(side, 2) != word_in(side, 0) &&
            word_in(side, 2) != word_in(side, 1) ->
        drain(side, 2)
    }
#endif
#if DEPTH > 3
    :: d_step {
        may_overtake(side, 3) && word_in(side, 3) != word_in(side, 0) &&
            word_in(side, 3) != word_in(side, 1) && word_in(side, 3) != word_in(side, 2) ->
        drain(side, 3)
    }
#endif
#endif
    od
}

#ifdef FIRST_SLOT
inline start_memory() {
    d_step {
        entry = FIRST_SLOT;
        do
        :: entry < WORDS ->
            memory[entry] = NEVER_WRITTEN;
            entry++
        :: else -> break
        od;
        entry = 0
    }
}
#endif
