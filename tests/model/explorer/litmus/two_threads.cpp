// SPDX-License-Identifier: Apache-2.0
//
// Store buffering, message passing, load buffering. "ISO" is C11 with the fences of C++20; "RC11"
// adds that program order and reads-from have no cycle.
#include "shape.hpp"

namespace paravane::explorer::litmus {

namespace {
using Body = void (*)();

template <Body first, Body second> void pair(Program &program)
{
    describe(program, 2);
    program.thread("left", first);
    program.thread("right", second);
}

template <Body first, Body second> void pair_with_data(Program &program)
{
    pair<first, second>(program);
    program.plain_at(data, 8, "data");
}

const std::vector<std::string> all_four = {"0 0", "0 1", "1 0", "1 1"};

void sb_left()
{
    rlx(x, 1), seen[0] = rlx(y);
}
void sb_right()
{
    rlx(y, 1), seen[1] = rlx(x);
}
void sb_left_fenced()
{
    rlx(x, 1), sc(), seen[0] = rlx(y);
}
void sb_right_fenced()
{
    rlx(y, 1), sc(), seen[1] = rlx(x);
}
void sb_left_synchronising()
{
    rel(x, 1), seen[0] = acq(y);
}
void sb_right_synchronising()
{
    rel(y, 1), seen[1] = acq(x);
}
void sb_left_both_fences()
{
    rlx(x, 1), fence(Order::acquire_release), seen[0] = rlx(y);
}
void sb_right_both_fences()
{
    rlx(y, 1), fence(Order::acquire_release), seen[1] = rlx(x);
}

void mp_left()
{
    rlx(x, 1), rlx(y, 1);
}
void mp_right()
{
    seen[0] = rlx(y), seen[1] = rlx(x);
}
void mp_left_release()
{
    rlx(x, 1), rel(y, 1);
}
void mp_right_acquire()
{
    seen[0] = acq(y), seen[1] = rlx(x);
}
void mp_left_fence()
{
    rlx(x, 1), fence(Order::release), rlx(y, 1);
}
void mp_right_fence()
{
    seen[0] = rlx(y), fence(Order::acquire), seen[1] = rlx(x);
}

void mp_right_data()
{
    seen[0] = acq(y), seen[1] = seen[0] == 1 ? read(data) : 0;
}
void mp_right_data_relaxed()
{
    seen[0] = rlx(y), seen[1] = seen[0] == 1 ? read(data) : 0;
}
void mp_right_data_fence()
{
    seen[0] = rlx(y), fence(Order::acquire), seen[1] = seen[0] == 1 ? read(data) : 0;
}
void mp_left_data()
{
    write_plain(data, 7), rel(y, 1);
}
void mp_left_data_relaxed()
{
    write_plain(data, 7), rlx(y, 1);
}
void mp_left_data_fence()
{
    write_plain(data, 7), fence(Order::release), rlx(y, 1);
}
void mp_left_data_then_relaxed()
{
    write_plain(data, 7), rel(y, 2), rlx(y, 1);
}

void lb_left()
{
    seen[0] = rlx(x), rlx(y, 1);
}
void lb_right()
{
    seen[1] = rlx(y), rlx(x, 1);
}
void lb_left_synchronising()
{
    seen[0] = acq(x), rel(y, 1);
}
void lb_right_synchronising()
{
    seen[1] = acq(y), rel(x, 1);
}
void lb_left_acquire()
{
    seen[0] = acq(x), rlx(y, 1);
}
void lb_left_release()
{
    seen[0] = rlx(x), rel(y, 1);
}
void lb_right_release()
{
    seen[1] = rlx(y), rel(x, 1);
}
void lb_left_fence()
{
    seen[0] = rlx(x), fence(Order::acquire_release), rlx(y, 1);
}
void lb_right_fence()
{
    seen[1] = rlx(y), fence(Order::acquire_release), rlx(x, 1);
}
void lb_left_sc()
{
    seen[0] = rlx(x), sc(), rlx(y, 1);
}
void lb_right_sc()
{
    seen[1] = rlx(y), sc(), rlx(x, 1);
}
void lb_left_copies()
{
    seen[0] = rlx(x), rlx(y, seen[0]);
}
void lb_right_copies()
{
    seen[1] = rlx(y), rlx(x, seen[1]);
}
void lb_left_adds()
{
    seen[0] = rlx(x), rlx(y, seen[0] + 1);
}
void lb_left_if()
{
    seen[0] = rlx(x);
    if (seen[0] == 1)
        rlx(y, 1);
}
void lb_right_if()
{
    seen[1] = rlx(y);
    if (seen[1] == 1)
        rlx(x, 1);
}
} // namespace

const std::vector<Shape> &two_thread_shapes()
{
    static const std::vector<Shape> shapes = {
        {"SB", "ISO: nothing orders a store before a later load", all_four,
         pair<sb_left, sb_right>},
        {"SB+fences",
         "ISO and RC11: of two seq_cst fences the later one sees what is before the other",
         {"0 1", "1 0", "1 1"},
         pair<sb_left_fenced, sb_right_fenced>},
        {"SB+fence", "ISO: one fence alone has no partner", all_four,
         pair<sb_left_fenced, sb_right>},
        {"SB+rel+acq", "ISO: release and acquire order no store before a load", all_four,
         pair<sb_left_synchronising, sb_right_synchronising>},
        {"SB+acq_rel-fences", "ISO: fences below seq_cst order no store before a load", all_four,
         pair<sb_left_both_fences, sb_right_both_fences>},

        {"MP", "ISO: relaxed accesses synchronise nothing", all_four, pair<mp_left, mp_right>},
        {"MP+rel+acq",
         "ISO: the acquire load that reads the release store synchronises with it",
         {"0 0", "0 1", "1 1"},
         pair<mp_left_release, mp_right_acquire>},
        {"MP+fences",
         "ISO: a release fence before the store, an acquire fence after the load",
         {"0 0", "0 1", "1 1"},
         pair<mp_left_fence, mp_right_fence>},
        {"MP+rel+acq-fence",
         "ISO: release store to acquire fence",
         {"0 0", "0 1", "1 1"},
         pair<mp_left_release, mp_right_fence>},
        {"MP+rel-fence+acq",
         "ISO: release fence to acquire load",
         {"0 0", "0 1", "1 1"},
         pair<mp_left_fence, mp_right_acquire>},
        {"MP+rel", "ISO: a relaxed load alone acquires nothing", all_four,
         pair<mp_left_release, mp_right>},
        {"MP+acq", "ISO: a relaxed store alone releases nothing", all_four,
         pair<mp_left, mp_right_acquire>},

        {"MP+data",
         "ISO: the synchronised reader has the data, without a race",
         {"0 0", "1 7"},
         pair_with_data<mp_left_data, mp_right_data>},
        {"MP+data+fences",
         "ISO: the same by fences",
         {"0 0", "1 7"},
         pair_with_data<mp_left_data_fence, mp_right_data_fence>},
        {"MP+data+relaxed-load",
         "ISO: no happens-before, so a race",
         {},
         pair_with_data<mp_left_data, mp_right_data_relaxed>,
         {},
         "data race"},
        {"MP+data+relaxed-store",
         "ISO: no happens-before, so a race",
         {},
         pair_with_data<mp_left_data_relaxed, mp_right_data>,
         {},
         "data race"},
        {"MP+data+later-store",
         "C++20: a later relaxed store of the same thread is no part of the release sequence (C11 "
         "and RC11 count it in: here the weaker)",
         {},
         pair_with_data<mp_left_data_then_relaxed, mp_right_data>,
         {},
         "data race"},

        {"LB",
         "ISO allows 1 1 (ARM and POWER too); RC11 forbids it",
         all_four,
         pair<lb_left, lb_right>,
         {"0 0", "0 1", "1 0"}},
        {"LB+rel+acq",
         "ISO: both reads would synchronise, a happens-before cycle",
         {"0 0", "0 1", "1 0"},
         pair<lb_left_synchronising, lb_right_synchronising>},
        {"LB+acq",
         "ISO allows 1 1: one side free to read late is enough (ARM too); RC11 forbids it",
         all_four,
         pair<lb_left_acquire, lb_right>,
         {"0 0", "0 1", "1 0"}},
        {"LB+rel",
         "ISO allows 1 1: relaxed loads synchronise with no release store; RC11 forbids it",
         all_four,
         pair<lb_left_release, lb_right_release>,
         {"0 0", "0 1", "1 0"}},
        {"LB+fences",
         "ISO: fences on both sides synchronise, a happens-before cycle",
         {"0 0", "0 1", "1 0"},
         pair<lb_left_fence, lb_right_fence>},
        {"LB+sc-fences",
         "ISO: seq_cst fences are acquire and release fences too",
         {"0 0", "0 1", "1 0"},
         pair<lb_left_sc, lb_right_sc>},
        {"LB+copy",
         "ISO allows 1 1: only one side depends on what it read; RC11 forbids it",
         {"0 0", "1 0", "1 1"},
         pair<lb_left_copies, lb_right>,
         {"0 0", "1 0"}},
        {"LB+copies",
         "ISO discourages, hardware forbids: a value out of thin air",
         {"0 0"},
         pair<lb_left_copies, lb_right_copies>},
        {"LB+ifs",
         "ISO discourages, hardware forbids: two stores that justify each other",
         {"0 0"},
         pair<lb_left_if, lb_right_if>},
        {"LB+add",
         "out of thin air: no number may grow round the circle",
         {"0 0", "0 1"},
         pair<lb_left_adds, lb_right_copies>,
         {}},
    };
    return shapes;
}

} // namespace paravane::explorer::litmus
