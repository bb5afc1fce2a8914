// SPDX-License-Identifier: Apache-2.0
//
// The steps of one ring, in the order in which the headers take them. A model defines SLOTS and
// MODULUS (the range of an index: the real one is 2^32), then includes this; the steps use the
// local variables that PRODUCER_LOCALS and CONSUMER_LOCALS declare. An atomic step touches memory,
// a buffer or a port once, and what is private besides.
//
// A macro that is set for one of the wrong variants is named for what it breaks.

#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef MODULUS
#define MODULUS 8       // a power of two above SLOTS; every run goes round it any number of times
#endif

#define PRODUCER 0
#define CONSUMER 1

// One word per field of the control block, then the slots.
#define PRODUCER_INDEX 0
#define PRODUCER_STATE 1
#define PRODUCER_EVENT 2
#define CONSUMER_INDEX 3
#define CONSUMER_STATE 4
#define CONSUMER_EVENT 5
#define FIRST_SLOT 6
#define SLOT(index) (FIRST_SLOT + (index) % SLOTS)
#define WORDS (FIRST_SLOT + SLOTS)

#include "memory.pml"

#define wrapped(n) (((n) + MODULUS) % MODULUS)
#define distance(from, to) wrapped((to) - (from))

// What the properties speak of. No step of the protocol decides by it, only who may rest for ever.
byte true_filled;               // elements that the producer has made
byte true_released;             // elements that the consumer has given back
bool producer_stopped;          // everything made is published and the producer rests for ever
hidden byte in_order_once;      // the element is the next one, whole
hidden byte no_overflow;        // the slot to be filled has been given back
hidden byte honest_not_refused; // the check of the peer's index accepts an honest peer
hidden byte closed_is_final;    // once "closed" was seen, the index moves no more
hidden byte drained_all;        // at its end the consumer has every element that was ever made

// Unsigned arithmetic on purpose: true iff event lies in (old, new], also across the wrap.
#ifdef notify_off_by_one
#define must_notify(old, new, event) (distance((event) + 1, new) < distance(old, new))
#elif defined(notify_only_on_exact_index)
#define must_notify(old, new, event) ((event) == (new))
#else
#define must_notify(old, new, event) (distance(event, new) < distance(old, new))
#endif

#define PRODUCER_LOCALS \
    byte filled, published, seen, now, event; \
    bool peer_closed
#define CONSUMER_LOCALS \
    byte taken, released, seen, now, event, element; \
    bool peer_closed

// ---- producer -----------------------------------------------------------------------------------

#ifdef room_off_by_one
#define room() (SLOTS + 1 - distance(seen, filled))
#else
#define room() (SLOTS - distance(seen, filled))
#endif

inline producer_look() {
    d_step {
        load(CONSUMER_INDEX, now);
        honest_not_refused = distance(seen, now) <= distance(seen, published);
        assert(honest_not_refused);
        seen = now;
        now = 0
    }
}

inline producer_fill() {
    atomic {
        store_relaxed(PRODUCER, SLOT(filled), filled);
        no_overflow = distance(true_released, wrapped(filled + 1)) <= SLOTS;
        assert(no_overflow);
        filled = wrapped(filled + 1);
        true_filled = filled
    }
}

inline store_producer_index() {
#ifdef no_release_publish
    store_relaxed(PRODUCER, PRODUCER_INDEX, filled)
#else
    store_release(PRODUCER, PRODUCER_INDEX, filled)
#endif
}

// Good only where a notification follows anyway.
inline producer_publish_quietly() {
    atomic {
        store_producer_index();
        published = filled
    }
}

inline producer_publish() {
#ifdef event_read_before_index_store
    load(CONSUMER_EVENT, event);
    store_producer_index();
    fence(PRODUCER);
#else
    store_producer_index();
#ifndef no_fence_publish
    fence(PRODUCER);
#endif
    load(CONSUMER_EVENT, event);
#endif
    d_step {
        if
        :: must_notify(published, filled, event) -> notify(CONSUMER)
        :: else
        fi;
        published = filled;
        event = 0
    }
}

inline producer_check_closed() {
    load(CONSUMER_STATE, peer_closed)
}

// Afterwards room() and peer_closed say whether the producer may sleep.
inline producer_arm(slots) {
#ifdef room_event_off_by_one
    store_relaxed(PRODUCER, PRODUCER_EVENT, wrapped(filled + slots - SLOTS + 1));
#else
    store_relaxed(PRODUCER, PRODUCER_EVENT, wrapped(filled + slots - SLOTS));
#endif
#ifndef no_fence_room_arm
    fence(PRODUCER);
#endif
#ifndef NOBODY_CLOSES
    producer_check_closed();
#endif
#ifndef no_room_recheck
    if
    :: !peer_closed -> producer_look()
    :: else
    fi
#endif
}

// The fence stands between the state and the notification, which orders nothing by itself.
inline producer_close() {
#ifdef relaxed_close
    store_relaxed(PRODUCER, PRODUCER_STATE, true);
#else
    store_release(PRODUCER, PRODUCER_STATE, true);
#endif
#ifndef no_fence_close
    fence(PRODUCER);
#endif
#ifndef close_without_notify
    notify(CONSUMER)
#endif
}

// ---- consumer -----------------------------------------------------------------------------------

#ifdef check_without_wrap
#define producer_index_is_good() (seen <= now && now <= wrapped(released + SLOTS))
#else
#define producer_index_is_good() (distance(seen, now) <= distance(seen, released + SLOTS))
#endif

inline consumer_look() {
    d_step {
        load(PRODUCER_INDEX, now);
        honest_not_refused = producer_index_is_good();
        assert(honest_not_refused);
        closed_is_final = !peer_closed || now == seen;
        assert(closed_is_final);
        seen = now;
        now = 0
    }
}

inline consumer_take() {
#ifdef release_before_copy
    true_released = wrapped(taken + 1);
    released = true_released;
    store_release(CONSUMER, CONSUMER_INDEX, wrapped(taken + 1));
#endif
    d_step {
        load(SLOT(taken), element);
        in_order_once = element == taken;
        assert(in_order_once);
        taken = wrapped(taken + 1);
        element = 0
    }
}

inline store_consumer_index() {
    atomic {
        store_release(CONSUMER, CONSUMER_INDEX, taken);
        true_released = taken
    }
}

inline consumer_release() {
    store_consumer_index();
#ifndef no_fence_release
    fence(CONSUMER);
#endif
    load(PRODUCER_EVENT, event);
    d_step {
#ifndef release_without_notify
        if
        :: must_notify(released, taken, event) -> notify(PRODUCER)
        :: else
        fi;
#endif
        released = taken;
        event = 0
    }
}

// What was published before "closed" may have come after the last look.
inline consumer_check_closed() {
    load(PRODUCER_STATE, now);
    if
    :: now == true ->
        now = 0;
#ifndef index_not_reread_after_closed
        consumer_look();
#endif
        peer_closed = true
    :: else
    fi
}

// Afterwards seen and peer_closed say whether the consumer may sleep.
inline consumer_arm(elements) {
    store_relaxed(CONSUMER, CONSUMER_EVENT, wrapped(taken + elements));
#ifndef no_fence_arm
    fence(CONSUMER);
#endif
#if !defined(sleep_when_closed) && !defined(NOBODY_CLOSES)
    consumer_check_closed();
#endif
#ifndef no_recheck
    if
    :: !peer_closed -> consumer_look()
    :: else
    fi
#endif
}

inline consumer_close() {
    store_release(CONSUMER, CONSUMER_STATE, true);
    fence(CONSUMER);
#ifndef consumer_close_without_notify
    notify(PRODUCER)
#endif
}

// ---- coming back --------------------------------------------------------------------------------

// Each side's own index lies in memory before its kick can wake the peer. The kick stands in for a
// notification that died with its sender.
inline producer_attach(index) {
    d_step {
        filled = index;
        published = index;
        load(CONSUMER_INDEX, seen);
        honest_not_refused = distance(seen, index) <= SLOTS;
        assert(honest_not_refused)
    };
    store_release(PRODUCER, PRODUCER_INDEX, index);
#ifndef no_fence_kick
    fence(PRODUCER);
#endif
#ifndef no_kick_on_producer_reconnect
    notify(CONSUMER)
#endif
}

inline consumer_attach(index) {
    d_step {
        taken = index;
        released = index;
        true_released = index;
        load(PRODUCER_INDEX, seen);
        honest_not_refused = distance(index, seen) <= SLOTS;
        assert(honest_not_refused)
    };
    store_release(CONSUMER, CONSUMER_INDEX, index);
#ifndef no_fence_kick
    fence(CONSUMER);
#endif
#ifndef no_kick_on_consumer_reconnect
    notify(PRODUCER)
#endif
}
