// SPDX-License-Identifier: Apache-2.0
//
// A consumer that sleeps for elements, a producer that publishes batches of 1 to BATCH and polls
// for room. Neither ever closes; the producer may come to rest for ever after any batch. Indices
// wrap without end.
//
// @property spin-wakeup-no-lost-wakeup     end-state
// @property spin-wakeup-in-order-once      assertion in_order_once
// @property spin-wakeup-no-overflow        assertion no_overflow
// @property spin-wakeup-honest-not-refused assertion honest_not_refused
//
// @right in_order        -DIN_ORDER
// @right four_slots      -DSLOTS=4 -DBATCH=3
//
// @wrong no_fence_publish              spin-wakeup-no-lost-wakeup
// @wrong no_fence_arm                  spin-wakeup-no-lost-wakeup
// @wrong no_recheck                    spin-wakeup-no-lost-wakeup
// @wrong notify_off_by_one             spin-wakeup-no-lost-wakeup
// @wrong notify_only_on_exact_index    spin-wakeup-no-lost-wakeup
// @wrong event_read_before_index_store spin-wakeup-no-lost-wakeup
// @wrong port_cleared_before_sleep     spin-wakeup-no-lost-wakeup
// @wrong quiet_publish_to_a_sleeper    spin-wakeup-no-lost-wakeup
// @wrong no_release_publish            spin-wakeup-in-order-once
// @wrong release_before_copy           spin-wakeup-in-order-once
// @wrong room_off_by_one               spin-wakeup-no-overflow
// @wrong check_without_wrap            spin-wakeup-honest-not-refused

#ifndef BATCH
#define BATCH 2
#endif

#define NOBODY_CLOSES

#include "protocol.pml"

proctype producer() {
    PRODUCER_LOCALS;

    do
    :: room() > 0 && distance(published, filled) < BATCH -> producer_fill()
    :: room() == 0 && filled == published -> producer_look()
    :: filled != published -> producer_publish()
#ifdef quiet_publish_to_a_sleeper
    :: filled != published -> producer_publish_quietly()
#endif
    :: filled == published -> break
    od;
    producer_stopped = true
}

proctype consumer() {
    CONSUMER_LOCALS;

    do
    :: taken != seen -> consumer_take()
    :: taken != released ->
        store_consumer_index();
        released = taken
    :: taken == seen -> consumer_look()
    :: taken == seen && taken == released ->
        consumer_arm(1);
        if
        :: taken != seen
        :: taken == seen ->
#ifdef port_cleared_before_sleep
            pending[CONSUMER] = false;
#endif
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
