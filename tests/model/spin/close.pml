// SPDX-License-Identifier: Apache-2.0
//
// Either side closes at a moment of its choice, the other may be working, polling, arming or
// asleep. The consumer of a closed ring drains it; the producer of one gives up. Both sides must
// come to their end.
//
// @property spin-close-no-lost-wakeup     end-state
// @property spin-close-drains-all         assertion drained_all
// @property spin-close-index-is-final     assertion closed_is_final
// @property spin-close-in-order-once      assertion in_order_once
// @property spin-close-no-overflow        assertion no_overflow
// @property spin-close-honest-not-refused assertion honest_not_refused
// @property spin-close-always-ends        acceptance
//
// @right ends -DLIVENESS -DMODULUS=4
//
// @wrong close_without_notify          spin-close-no-lost-wakeup
// @wrong consumer_close_without_notify spin-close-no-lost-wakeup
// @wrong no_fence_close                spin-close-no-lost-wakeup
// @wrong sleep_when_closed             spin-close-no-lost-wakeup
// @wrong index_not_reread_after_closed spin-close-drains-all,spin-close-index-is-final
// @wrong relaxed_close                 spin-close-drains-all
// @wrong close_before_publish          spin-close-drains-all
// @wrong publish_after_close           spin-close-index-is-final
// @wrong state_never_polled            spin-close-always-ends -DLIVENESS -DMODULUS=4

#ifndef BATCH
#define BATCH 2
#endif

#include "protocol.pml"

bool closing;
byte ended;

proctype producer() {
    PRODUCER_LOCALS;

    do
    :: !peer_closed && room() > 0 && distance(published, filled) < BATCH -> producer_fill()
    :: filled != published -> producer_publish()
    :: !peer_closed && room() == 0 && filled == published ->
        // Polling and sleeping both; to poll is to arm and not to sleep.
        producer_arm(1);
        if
        :: room() == 0 && !peer_closed -> wait(PRODUCER)
        :: true
        fi
#ifdef close_before_publish
    :: filled != published -> break
#else
    :: filled == published -> break
    // The close notifies, so the last publish need not.
    :: filled != published ->
        producer_publish_quietly();
        break
#endif
    od;
    closing = true;
    producer_close();
#ifdef close_before_publish
    if
    :: filled != published -> producer_publish()
    :: else
    fi;
#endif
#ifdef publish_after_close
    store_release(PRODUCER, PRODUCER_INDEX, wrapped(filled + 1));
#endif
    ended++
}

proctype consumer() {
    CONSUMER_LOCALS;

    do
    :: taken != seen -> consumer_take()
    :: taken != released -> consumer_release()
    :: taken == seen && !peer_closed ->
        consumer_look();
#ifndef state_never_polled
        if
        :: taken == seen -> consumer_check_closed()
        :: else
        fi
#endif
    :: taken == seen && taken == released && !peer_closed ->
        consumer_arm(1);
        if
        :: taken == seen && !peer_closed -> wait(CONSUMER)
        :: else
        fi
    :: taken == seen && peer_closed ->
        consumer_look();
        d_step {
            drained_all = taken == true_filled;
            assert(drained_all)
        };
        break
    :: break
    od;
    closing = true;
    consumer_close();
    ended++
}

init {
    start_memory();
    atomic {
        run store_buffer(PRODUCER);
        run store_buffer(CONSUMER);
        run producer();
        run consumer()
    }
}

#ifdef LIVENESS
ltl always_ends { [] (closing -> <> (ended == 2)) }
#endif
