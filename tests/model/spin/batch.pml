// SPDX-License-Identifier: Apache-2.0
//
// A consumer that asks to be woken for WANT elements, a producer that asks for ASK free slots.
// Neither polls.
//
// The rules under which nothing waits for ever, each with the wrong variant that shows the hang
// without it:
//   - WANT + ASK <= SLOTS + 1. Otherwise a ring with fewer than WANT elements may have fewer than
//     ASK free slots, and both sides sleep: ask_for_too_much
//   - a producer that comes to rest notifies once although nobody asked (a flush), after its last
//     publish: rest_without_flush, flush_before_publish
//   - a consumer that was woken takes whatever is there, fewer than WANT too, before it arms again:
//     rearm_without_taking
//   - a close notifies though fewer than WANT are there: close_without_notify
//
// @property spin-batch-no-hang            end-state
// @property spin-batch-drains-all         assertion drained_all
// @property spin-batch-in-order-once      assertion in_order_once
// @property spin-batch-no-overflow        assertion no_overflow
// @property spin-batch-honest-not-refused assertion honest_not_refused
//
// @right four_slots -DSLOTS=4 -DWANT=3 -DASK=2
//
// @wrong ask_for_too_much              spin-batch-no-hang -DASK=2
// @wrong rest_without_flush            spin-batch-no-hang
// @wrong flush_before_publish          spin-batch-no-hang
// @wrong rearm_without_taking          spin-batch-no-hang
// @wrong close_without_notify          spin-batch-no-hang
// @wrong no_fence_close                spin-batch-no-hang
// @wrong notify_only_on_exact_index    spin-batch-no-hang
// @wrong index_not_reread_after_closed spin-batch-drains-all
// @wrong no_release_publish            spin-batch-in-order-once

#ifndef WANT
#define WANT 2
#endif
#ifndef ASK
#define ASK 1
#endif

#include "protocol.pml"

#ifdef rearm_without_taking
#define worth_taking (distance(taken, seen) >= WANT || peer_closed && taken != seen)
#else
#define worth_taking (taken != seen)
#endif

proctype producer() {
    PRODUCER_LOCALS;

    do
    :: room() > 0 -> producer_fill()
    :: filled != published -> producer_publish()
    :: room() < ASK && filled == published ->
        producer_arm(ASK);
        if
        :: room() < ASK && !peer_closed -> wait(PRODUCER)
        :: else
        fi
    :: filled == published ->
#ifndef rest_without_flush
        notify(CONSUMER);
#endif
        producer_stopped = true;
        break
#ifdef flush_before_publish
    :: filled != published ->
        notify(CONSUMER);
        producer_publish();
        producer_stopped = true;
        break
#endif
    :: filled == published ->
        producer_close();
        break
    od
}

proctype consumer() {
    CONSUMER_LOCALS;

    do
    :: worth_taking -> consumer_take()
    :: taken != released && !worth_taking -> consumer_release()
    :: !worth_taking && taken == released && !peer_closed ->
        consumer_arm(WANT);
        if
        :: distance(taken, seen) < WANT && !peer_closed ->
            if
            :: wait(CONSUMER) -> consumer_look()
            // Nobody need wake it now. Any other sleep without end is an invalid end state.
            :: producer_stopped && taken == true_filled -> break
            fi
        :: else
        fi
    :: taken == seen && taken == released && peer_closed ->
        d_step {
            drained_all = taken == true_filled;
            assert(drained_all)
        };
        break
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
