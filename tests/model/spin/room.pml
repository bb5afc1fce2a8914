// SPDX-License-Identifier: Apache-2.0
//
// Both sides sleep: the consumer for one element, the producer for 1 to ASK free slots. Publishing
// and releasing notify by the same test. Neither ever closes; the producer may come to rest after
// any batch.
//
// @property spin-room-no-deadlock        end-state
// @property spin-room-no-overflow        assertion no_overflow
// @property spin-room-in-order-once      assertion in_order_once
// @property spin-room-honest-not-refused assertion honest_not_refused
//
// @wrong no_fence_release          spin-room-no-deadlock
// @wrong no_fence_room_arm         spin-room-no-deadlock
// @wrong no_room_recheck           spin-room-no-deadlock
// @wrong room_event_off_by_one     spin-room-no-deadlock
// @wrong sleep_without_publish     spin-room-no-deadlock
// @wrong sleep_without_release     spin-room-no-deadlock
// @wrong release_without_notify    spin-room-no-deadlock
// @wrong room_off_by_one           spin-room-no-overflow
// @wrong check_without_wrap        spin-room-honest-not-refused
// @wrong no_release_publish        spin-room-in-order-once

#ifndef ASK
#define ASK SLOTS
#endif

#define NOBODY_CLOSES

#include "protocol.pml"

proctype producer() {
    PRODUCER_LOCALS;
    byte ask;

    do
    :: room() > 0 -> producer_fill()
    :: filled != published -> producer_publish()
#ifdef sleep_without_publish
    :: room() < SLOTS ->
#else
    :: room() < SLOTS && filled == published ->
#endif
        select(ask: 1 .. ASK);
        producer_arm(ask);
        if
        :: room() < ask -> wait(PRODUCER)
        :: else
        fi;
        ask = 0
    :: filled == published -> break
    od;
    producer_stopped = true
}

proctype consumer() {
    CONSUMER_LOCALS;

    do
    :: taken != seen -> consumer_take()
    :: taken != released -> consumer_release()
    :: taken == seen -> consumer_look()
#ifdef sleep_without_release
    :: taken == seen ->
#else
    :: taken == seen && taken == released ->
#endif
        consumer_arm(1);
        if
        :: taken != seen
        :: taken == seen ->
            if
            :: wait(CONSUMER)
            // Nobody need wake it now. Any other sleep without end is an invalid end state.
            :: producer_stopped && taken == true_filled -> break
            fi
        fi
    od
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
