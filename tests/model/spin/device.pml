// SPDX-License-Identifier: Apache-2.0
//
// A device queue: a request ring and a response ring between a frontend and a backend that may die
// CRASHES times, one port each way. As many requests may be in flight as the response ring has
// slots, so the backend never waits for room; the frontend sleeps for responses alone. Rules, each
// with a wrong variant:
//   - the frontend gives response slots back before it publishes requests under the ids so freed
//   - the backend gives request slots back before it publishes responses
//   - a response enters the log in the same step in which its request leaves it
//   - the slots that the log says were filled are filled again before the index is shown
//
// @property spin-device-no-lost-wakeup          end-state
// @property spin-device-answered-once           assertion answered_once
// @property spin-device-id-not-pending          assertion id_not_pending
// @property spin-device-room-for-request        assertion room_for_request
// @property spin-device-room-for-response       assertion room_for_response
// @property spin-device-honest-not-refused      assertion honest_not_refused
//
// @right two_crashes -DCRASHES=2 -DAT_ONCE
//
// @wrong requests_before_response_slots spin-device-room-for-response
// @wrong responses_before_request_slots spin-device-room-for-request -DCRASHES=0
// @wrong response_logged_then_removed   spin-device-answered-once,spin-device-room-for-response
// @wrong removed_then_response_logged   spin-device-no-lost-wakeup
// @wrong no_restore                     spin-device-answered-once
// @wrong publish_before_log             spin-device-answered-once,spin-device-honest-not-refused
// @wrong attach_at_shared_index         spin-device-id-not-pending
// @wrong no_kick                        spin-device-no-lost-wakeup
// @wrong no_fence_kick                  spin-device-no-lost-wakeup

#define SLOTS 2
#define IDS 2
#define MODULUS 4
#define START 3
#ifndef REQUESTS
#define REQUESTS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define FRONTEND 0
#define BACKEND 1

#define REQUEST_PRODUCER 0
#define REQUEST_CONSUMER 1
#define REQUEST_EVENT 2         // the backend's: wake me when the producer reaches this
#define RESPONSE_PRODUCER 3
#define RESPONSE_CONSUMER 4
#define RESPONSE_EVENT 5        // the frontend's
#define FIRST_SLOT 6
#define REQUEST_SLOT(index) (FIRST_SLOT + (index) % SLOTS)
#define RESPONSE_SLOT(index) (FIRST_SLOT + SLOTS + (index) % SLOTS)
#define WORDS (FIRST_SLOT + 2 * SLOTS)

#include "memory.pml"

#define wrapped(n) (((n) + MODULUS) % MODULUS)
#define distance(from, to) wrapped((to) - (from))
#define must_notify(old, new, event) (distance(event, new) < distance(old, new))

// A message is an id and a mark that changes each time the id is used again.
#define message(id, mark) ((id) + IDS * (mark))
#define id_of(message) ((message) % IDS)

// ---- the backend's log --------------------------------------------------------------------------

byte log_taken;
byte log_in_flight[IDS];        // NEVER_WRITTEN, or the copy of the request
byte log_answered;              // index of the response ring
byte log_response[SLOTS];

bool dying;
bool ended;
byte crashes;

hidden byte answered_once;      // a response is to a request in flight, the latest under its id
hidden byte id_not_pending;     // an honest frontend's request comes under a free id
hidden byte room_for_request;   // a free id is a free request slot: the frontend need not look
hidden byte room_for_response;  // the backend never waits for the frontend
hidden byte honest_not_refused;

// ---- frontend -----------------------------------------------------------------------------------

bool waiting[IDS];
#define all_answered (made == REQUESTS && !waiting[0] && !waiting[1])
#define may_put(id) (made < REQUESTS && !waiting[id])

inline frontend_put(with) {
    d_step {
        load(REQUEST_CONSUMER, now);
        honest_not_refused = distance(seen, now) <= distance(seen, published);
        assert(honest_not_refused);
        seen = now;
        now = 0;
        room_for_request = distance(seen, filled) < SLOTS;
        assert(room_for_request)
    };
    atomic {
        mark[with] = !mark[with];
        store_relaxed(FRONTEND, REQUEST_SLOT(filled), message(with, mark[with]));
        filled = wrapped(filled + 1);
        waiting[with] = true;
        made++
    }
}

// Quietly: the backend never sleeps for room.
inline frontend_release() {
    atomic {
        store_release(FRONTEND, RESPONSE_CONSUMER, taken);
        released = taken
    }
}

inline frontend_publish() {
#ifndef requests_before_response_slots
    if
    :: taken != released -> frontend_release()
    :: else
    fi;
#endif
    store_release(FRONTEND, REQUEST_PRODUCER, filled);
    fence(FRONTEND);
    load(REQUEST_EVENT, event);
    d_step {
        if
        :: must_notify(published, filled, event) -> notify(BACKEND)
        :: else
        fi;
        published = filled;
        event = 0
    }
}

inline frontend_look() {
    d_step {
        load(RESPONSE_PRODUCER, now);
        honest_not_refused =
            distance(answers_seen, now) <= distance(answers_seen, released + SLOTS);
        assert(honest_not_refused);
        answers_seen = now;
        now = 0
    }
}

// The id is free from here on, the slot not before the release.
inline frontend_take() {
    d_step {
        load(RESPONSE_SLOT(taken), now);
        answered_once = now != NEVER_WRITTEN && waiting[id_of(now)] &&
                        now == message(id_of(now), mark[id_of(now)]);
        assert(answered_once);
        waiting[id_of(now)] = false;
        taken = wrapped(taken + 1);
        now = 0
    }
}

proctype frontend() {
    byte filled = START, published = START, seen = START;
    byte taken = START, released = START, answers_seen = START;
    byte now, event, made;
    bool mark[IDS];

    do
    :: may_put(0) -> frontend_put(0)
    :: may_put(1) && waiting[0] -> frontend_put(1)
    :: filled != published -> frontend_publish()
    :: taken != answers_seen -> frontend_take()
    :: taken != released -> frontend_release()
    :: !may_put(0) && !may_put(1) && filled == published &&
       taken == answers_seen && !all_answered ->
        store_relaxed(FRONTEND, RESPONSE_EVENT, wrapped(taken + 1));
        fence(FRONTEND);
        frontend_look();
        if
        :: taken == answers_seen ->
            wait(FRONTEND);
            frontend_look()
        :: else
        fi
    :: all_answered -> break
    od;
    ended = true
}

// ---- backend ------------------------------------------------------------------------------------

// One step of the log for both, as reconnect.pml looks into the steps of this one.
inline backend_take() {
    d_step {
        load(REQUEST_SLOT(taken), now);
        id_not_pending = now != NEVER_WRITTEN && log_in_flight[id_of(now)] == NEVER_WRITTEN;
        assert(id_not_pending);
        log_in_flight[id_of(now)] = now;
        taken = wrapped(taken + 1);
        log_taken = taken;
        now = 0
    }
}

inline backend_release() {
    atomic {
        store_release(BACKEND, REQUEST_CONSUMER, taken);
        released = taken
    }
}

inline log_the_response(id) {
    log_response[log_answered % SLOTS] = log_in_flight[id];
    log_answered = wrapped(log_answered + 1)
}

inline backend_respond(id) {
    d_step {
        load(RESPONSE_CONSUMER, now);
        honest_not_refused = distance(seen, now) <= distance(seen, published);
        assert(honest_not_refused);
        seen = now;
        now = 0;
        room_for_response = distance(seen, filled) < SLOTS;
        assert(room_for_response)
    };
#ifdef publish_before_log
    store_relaxed(BACKEND, RESPONSE_SLOT(filled), log_in_flight[id]);
    filled = wrapped(filled + 1);
    backend_publish();
    d_step {
        log_the_response(id);
        log_in_flight[id] = NEVER_WRITTEN
    }
#else
    now = log_in_flight[id];
#ifdef response_logged_then_removed
    d_step { log_the_response(id) };
    log_in_flight[id] = NEVER_WRITTEN;
#elif defined(removed_then_response_logged)
    log_in_flight[id] = NEVER_WRITTEN;
    d_step {
        log_response[log_answered % SLOTS] = now;
        log_answered = wrapped(log_answered + 1)
    };
#else
    d_step {
        log_the_response(id);
        log_in_flight[id] = NEVER_WRITTEN
    };
#endif
    atomic {
        store_relaxed(BACKEND, RESPONSE_SLOT(filled), now);
        filled = wrapped(filled + 1);
        now = 0
    }
#endif
}

inline backend_publish() {
#ifndef responses_before_request_slots
    if
    :: taken != released -> backend_release()
    :: else
    fi;
#endif
    store_release(BACKEND, RESPONSE_PRODUCER, filled);
    fence(BACKEND);
    load(RESPONSE_EVENT, event);
    d_step {
        if
        :: must_notify(published, filled, event) -> notify(FRONTEND)
        :: else
        fi;
        published = filled;
        event = 0
    }
}

inline backend_look() {
    d_step {
        load(REQUEST_PRODUCER, now);
        honest_not_refused =
            distance(requests_seen, now) <= distance(requests_seen, released + SLOTS);
        assert(honest_not_refused);
        requests_seen = now;
        now = 0
    }
}

inline backend_restore(slot) {
    if
    :: log_response[slot] != NEVER_WRITTEN ->
        store_relaxed(BACKEND, RESPONSE_SLOT(slot), log_response[slot])
    :: else
    fi
}

inline backend_attach() {
#ifndef no_restore
    backend_restore(0);
    backend_restore(1);
#endif
    d_step {
        filled = log_answered;
        published = filled;
#ifdef attach_at_shared_index
        taken = memory[REQUEST_CONSUMER];
#else
        taken = log_taken;
#endif
        released = taken;
        load(REQUEST_PRODUCER, requests_seen);
        load(RESPONSE_CONSUMER, seen);
        honest_not_refused =
            distance(taken, requests_seen) <= SLOTS && distance(seen, filled) <= SLOTS;
        assert(honest_not_refused)
    };
    store_release(BACKEND, REQUEST_CONSUMER, taken);
    store_release(BACKEND, RESPONSE_PRODUCER, filled);
#ifndef no_fence_kick
    fence(BACKEND);
#endif
#ifndef no_kick
    notify(FRONTEND)
#endif
}

#define in_flight(id) (log_in_flight[id] != NEVER_WRITTEN)

proctype backend() {
    byte taken, released, requests_seen;
    byte filled, published, seen;
    byte now, event;

    do
    :: {
            backend_attach();
            do
            :: taken != requests_seen -> backend_take()
            :: taken != released -> backend_release()
            :: in_flight(0) -> backend_respond(0)
            :: in_flight(1) -> backend_respond(1)
            :: filled != published -> backend_publish()
            :: taken == requests_seen && taken == released && filled == published ->
                store_relaxed(BACKEND, REQUEST_EVENT, wrapped(taken + 1));
                fence(BACKEND);
                backend_look();
                if
                :: taken == requests_seen ->
                    if
                    :: wait(BACKEND) -> backend_look()
                    // What was submitted wakes the backend as well, by another way.
                    :: in_flight(0) || in_flight(1)
                    // Nobody need wake it now. Any other sleep without end is an invalid end state.
                    :: ended && !in_flight(0) && !in_flight(1) -> break
                    fi
                :: else
                fi
            od
        } unless {
            dying
        };
        atomic {
            if
            :: dying ->
                stores_landed(BACKEND);
                taken = 0;
                released = 0;
                requests_seen = 0;
                filled = 0;
                published = 0;
                seen = 0;
                now = 0;
                event = 0;
                dying = false
            :: else -> break
            fi
        }
    od
}

// ---- deaths -------------------------------------------------------------------------------------

// It stops at a moment of its choice, or a death that is still to come would look like a way on.
proctype reaper() {
    do
    :: atomic {
        !dying && !ended ->
        dying = true;
        // The port may be made anew with the process, or kept by the supervisor.
        if
        :: pending[BACKEND] = false
        :: true
        fi;
        crashes++;
        if
        :: crashes == CRASHES -> break
        :: else
        fi
       }
    :: atomic { crashes = CRASHES; break }
    od
}

init {
    start_memory();
    d_step {
        memory[REQUEST_PRODUCER] = START;
        memory[REQUEST_CONSUMER] = START;
        memory[RESPONSE_PRODUCER] = START;
        memory[RESPONSE_CONSUMER] = START;
        log_taken = START;
        log_answered = START;
        log_in_flight[0] = NEVER_WRITTEN;
        log_in_flight[1] = NEVER_WRITTEN;
        log_response[0] = NEVER_WRITTEN;
        log_response[1] = NEVER_WRITTEN
    };
    atomic {
#if CRASHES > 0
        run reaper();
#endif
        run store_buffer(FRONTEND);
        run store_buffer(BACKEND);
        run frontend();
        run backend()
    }
}
