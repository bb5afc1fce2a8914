// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/timers.hpp"

namespace keel {

namespace {

void insert_before(TimerLink &place, TimerLink &link)
{
    link.next = &place;
    link.previous = place.previous;
    place.previous->next = &link;
    place.previous = &link;
}

} // namespace

void Timer::disarm()
{
    if (!armed())
        return;
    previous->next = next;
    next->previous = previous;
    next = nullptr;
    previous = nullptr;
}

Timer &TimerSet::timer_of(TimerLink &link)
{
    return static_cast<Timer &>(link);
}

const Timer &TimerSet::timer_of(const TimerLink &link)
{
    return static_cast<const Timer &>(link);
}

void TimerSet::arm(Timer &timer, uint64_t deadline)
{
    timer.disarm();
    TimerLink *place = ring_.next;
    while (place != &ring_ && timer_of(*place).deadline_ <= deadline)
        place = place->next;
    timer.deadline_ = deadline;
    insert_before(*place, timer);
}

uint64_t TimerSet::next_deadline() const
{
    return ring_.next == &ring_ ? 0 : timer_of(*ring_.next).deadline_;
}

uint32_t TimerSet::run_due(uint64_t now)
{
    TimerLink due = {&due, &due};
    uint32_t count = 0;

    while (ring_.next != &ring_ && timer_of(*ring_.next).deadline_ <= now) {
        TimerLink &link = *ring_.next;
        timer_of(link).disarm();
        insert_before(due, link);
    }
    // A function may disarm others of them, which are in a list all the same.
    while (due.next != &due) {
        Timer &timer = timer_of(*due.next);
        timer.disarm();
        timer.function_(timer.context_);
        count++;
    }
    return count;
}

} // namespace keel
