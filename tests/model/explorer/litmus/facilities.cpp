// SPDX-License-Identifier: Apache-2.0
//
// What the explorer adds to the memory model: notifications, polling loops, plain memory.
#include "shape.hpp"

namespace paravane::explorer::litmus {

namespace {
using Body = void (*)();

Port bell{0};

template <unsigned registers, Body first, Body second> void with_bell(Program &program)
{
    describe(program, registers);
    bell = program.port("bell");
    program.plain_at(data, 8, "data");
    program.thread("left", first);
    program.thread("right", second);
}

// Dekker as sleepers use it: x is the work, y says "I may sleep".
void work_then_look()
{
    rlx(x, 1), sc();
    if (rlx(y) == 1)
        notify(bell);
}
void work_then_look_unfenced()
{
    rlx(x, 1);
    if (rlx(y) == 1)
        notify(bell);
}
void work_then_look_synchronising()
{
    rel(x, 1);
    if (acq(y) == 1)
        notify(bell);
}
void arm_then_sleep()
{
    rlx(y, 1), sc();
    if (rlx(x) == 0)
        wait(bell);
}
void arm_then_sleep_synchronising()
{
    rel(y, 1);
    if (acq(x) == 0)
        wait(bell);
}
void arm_without_looking()
{
    rlx(y, 1), sc(), wait(bell);
}

void publish()
{
    write_plain(data, 7), rel(x, 1);
}
void publish_and_notify()
{
    write_plain(data, 7), rlx(x, 1), notify(bell);
}
void sleep_then_read()
{
    wait(bell), seen[0] = rlx(x);
}
void sleep_then_read_data()
{
    wait(bell), seen[0] = read(data);
}
void notify_twice()
{
    notify(bell), notify(bell);
}
void wait_twice()
{
    wait(bell), wait(bell);
}

void poll_for_data()
{
    while (acq(x) == 0)
        spin();
    seen[0] = read(data);
}
void poll_relaxed_for_data()
{
    while (rlx(x) == 0)
        spin();
    seen[0] = read(data);
}
void poll_for_two()
{
    while (acq(x) != 2)
        spin();
}

// A counter that grows to 3, watched by a loop that depends on nothing but what it saw last.
void count_to_three()
{
    rlx(x, 1), rlx(x, 2), rel(x, 3);
}
void watch_settled()
{
    for (std::uint32_t turn = 0; turn < 3; turn++) {
        settle({bytes_of(turn), bytes_of(seen[0])});
        seen[0] = rlx(x);
    }
}
// Synchronising with y tells of x what the loop has not read yet: that is news too.
void two_stores()
{
    rlx(x, 1), rel(y, 1);
}
void poll_x_then_y()
{
    while (rlx(x) == 0) {
        seen[0] = acq(y);
        settle({bytes_of(seen[0])});
        spin();
    }
}

void fence_then_read()
{
    sc(), seen[0] = read(data);
}
void write_then_fence()
{
    write_plain(data, 7), sc();
}
void read_data()
{
    seen[0] = read(data);
}
void nothing()
{
}
void choose_two()
{
    seen[0] = choose(3);
}
} // namespace

const std::vector<Shape> &facility_shapes()
{
    static const std::vector<Shape> shapes = {
        {"Dekker+fences+bell",
         "ISO: one of the two sees the other, so nobody sleeps for ever",
         {""},
         with_bell<0, work_then_look, arm_then_sleep>},
        {"Dekker+fence+bell",
         "ISO: store buffering with one fence: work and arming miss each other",
         {},
         with_bell<0, work_then_look_unfenced, arm_then_sleep>,
         {},
         "lost wake-up"},
        {"Dekker+rel+acq+bell",
         "ISO: release and acquire do not stop store buffering",
         {},
         with_bell<0, work_then_look_synchronising, arm_then_sleep_synchronising>,
         {},
         "lost wake-up"},
        {"Dekker+no-look+bell",
         "the work came before the arming, and nobody rings",
         {},
         with_bell<0, work_then_look, arm_without_looking>,
         {},
         "lost wake-up"},

        {"bell+read",
         "a notification orders no memory: the old value is allowed",
         {"0", "1"},
         with_bell<1, publish_and_notify, sleep_then_read>},
        {"bell+data",
         "a notification makes nothing happen before anything",
         {},
         with_bell<1, publish_and_notify, sleep_then_read_data>,
         {},
         "data race"},
        {"bell+twice",
         "two notifications may fall together into one",
         {},
         with_bell<0, notify_twice, wait_twice>,
         {},
         "lost wake-up"},

        {"spin+acq",
         "a polling loop ends with the value and what it synchronises with",
         {"7"},
         with_bell<1, publish, poll_for_data>},
        {"spin+rlx",
         "a relaxed polling loop acquires nothing",
         {},
         with_bell<1, publish, poll_relaxed_for_data>,
         {},
         "data race"},
        {"spin+never",
         "a polling loop for what never comes",
         {},
         with_bell<0, publish, poll_for_two>,
         {},
         "lost wake-up"},

        {"spin+synchronised",
         "a polling loop sees what it was told by another word",
         {"0", "1"},
         with_bell<1, two_stores, poll_x_then_y>},
        {"settled-loop",
         "settle() forgets the past, not the possible futures",
         {"0", "1", "2", "3"},
         with_bell<1, count_to_three, watch_settled>},

        {"fences+data",
         "seq_cst fences order messages, but alone they synchronise nothing",
         {},
         with_bell<1, write_then_fence, fence_then_read>,
         {},
         "data race"},
        {"uninitialised",
         "plain memory that nobody wrote",
         {},
         with_bell<1, read_data, nothing>,
         {},
         "uninitialised"},
        {"choice",
         "a free choice takes each value",
         {"0", "1", "2"},
         with_bell<1, choose_two, nothing>},
    };
    return shapes;
}

} // namespace paravane::explorer::litmus
