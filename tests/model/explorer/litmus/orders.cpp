// SPDX-License-Identifier: Apache-2.0
//
// Coherence of one word, and shapes whose outcome lies in the order of stores (their last values).
#include "shape.hpp"

namespace paravane::explorer::litmus {

namespace {
using Body = void (*)();

template <unsigned registers, Body first, Body second> void on_x(Program &program)
{
    describe(program, registers, {x});
    program.thread("left", first);
    program.thread("right", second);
}

template <unsigned registers, Body first, Body second> void on_y(Program &program)
{
    describe(program, registers, {y});
    program.thread("left", first);
    program.thread("right", second);
}

template <Body first, Body second> void on_both(Program &program)
{
    describe(program, 0, {x, y});
    program.thread("left", first);
    program.thread("right", second);
}

void write_twice()
{
    rlx(x, 1), rlx(x, 2);
}
void write_one()
{
    rlx(x, 1);
}
void write_two()
{
    rlx(x, 2);
}
void read_twice()
{
    seen[0] = rlx(x), seen[1] = rlx(x);
}
void write_then_read()
{
    rlx(x, 1), seen[0] = rlx(x);
}
void read_then_write()
{
    seen[0] = rlx(x), rlx(x, 1);
}

void two_left()
{
    rlx(x, 1), rlx(y, 2);
}
void two_right()
{
    rlx(y, 1), rlx(x, 2);
}
void two_left_release()
{
    rlx(x, 1), rel(y, 2);
}
void two_right_release()
{
    rlx(y, 1), rel(x, 2);
}
void two_left_fence()
{
    rlx(x, 1), sc(), rlx(y, 2);
}
void two_right_fence()
{
    rlx(y, 1), sc(), rlx(x, 2);
}

void s_left()
{
    rlx(x, 2), rlx(y, 1);
}
void s_right()
{
    seen[0] = rlx(y), rlx(x, 1);
}
void s_left_release()
{
    rlx(x, 2), rel(y, 1);
}
void s_right_acquire()
{
    seen[0] = acq(y), rlx(x, 1);
}

void r_left()
{
    rlx(x, 1), rlx(y, 1);
}
void r_right()
{
    rlx(y, 2), seen[0] = rlx(x);
}
void r_left_release()
{
    rlx(x, 1), rel(y, 1);
}
void r_right_acquire()
{
    rlx(y, 2), seen[0] = acq(x);
}
void r_left_fence()
{
    rlx(x, 1), sc(), rlx(y, 1);
}
void r_right_fence()
{
    rlx(y, 2), sc(), seen[0] = rlx(x);
}
} // namespace

const std::vector<Shape> &order_shapes()
{
    static const std::vector<Shape> shapes = {
        {"CoRR",
         "ISO: of one word no read goes back",
         {"0 0 2", "0 1 2", "0 2 2", "1 1 2", "1 2 2", "2 2 2"},
         on_x<2, write_twice, read_twice>},
        {"CoWW",
         "ISO: stores of one thread to one word stay in order",
         {"1", "2"},
         on_x<0, write_twice, write_one>},
        {"CoWR",
         "ISO: a thread reads its own store or a newer one",
         {"1 1", "1 2", "2 2"},
         on_x<1, write_then_read, write_two>},
        {"CoRW",
         "ISO: what was read is older than what the reader then stores",
         {"0 1", "0 2", "2 1"},
         on_x<1, read_then_write, write_two>},
        {"CoRW+two",
         "ISO: even a store read ahead of its time keeps its place",
         {"0 1", "0 2", "1 1", "1 2", "2 1"},
         on_x<1, read_then_write, write_twice>},

        {"2+2W",
         "ISO and RC11: each word may end with the other thread's first store",
         {"1 1", "1 2", "2 1", "2 2"},
         on_both<two_left, two_right>},
        {"2+2W+rel",
         "ISO: a release store that nobody reads orders nothing",
         {"1 1", "1 2", "2 1", "2 2"},
         on_both<two_left_release, two_right_release>},
        {"2+2W+fences",
         "ISO and RC11: modification orders must agree with the order of the fences",
         {"1 2", "2 1", "2 2"},
         on_both<two_left_fence, two_right_fence>},

        {"S",
         "ISO: relaxed, so the read store need not drag the earlier one along",
         {"0 1", "0 2", "1 1", "1 2"},
         on_x<1, s_left, s_right>},
        {"S+rel+acq",
         "ISO: x=2 happens before x=1 where y was read",
         {"0 1", "0 2", "1 1"},
         on_x<1, s_left_release, s_right_acquire>},

        {"R",
         "ISO: store buffering with a store in place of a read",
         {"0 1", "0 2", "1 1", "1 2"},
         on_y<1, r_left, r_right>},
        {"R+rel+acq",
         "ISO: nothing reads from anything that matters",
         {"0 1", "0 2", "1 1", "1 2"},
         on_y<1, r_left_release, r_right_acquire>},
        {"R+fences",
         "ISO and RC11: y=2 after y=1 means that the left fence came first",
         {"0 1", "1 1", "1 2"},
         on_y<1, r_left_fence, r_right_fence>},
        {"R+fence",
         "ISO: one fence alone has no partner",
         {"0 1", "0 2", "1 1", "1 2"},
         on_y<1, r_left_fence, r_right>},
    };
    return shapes;
}

} // namespace paravane::explorer::litmus
