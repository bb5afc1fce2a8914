// SPDX-License-Identifier: Apache-2.0
//
// Three and four threads: is causality passed on, do readers agree?
#include "shape.hpp"

namespace paravane::explorer::litmus {

namespace {
using Body = void (*)();

template <unsigned registers, Body... bodies> void threads(Program &program)
{
    describe(program, registers);
    static const char *const names[] = {"first", "second", "third", "fourth"};
    unsigned next = 0;
    (program.thread(names[next++], bodies), ...);
}

// All outcomes of `registers` bits except those named.
std::vector<std::string> all_but(unsigned registers, const std::vector<std::string> &forbidden)
{
    std::vector<std::string> outcomes;
    for (unsigned bits = 0; bits < 1U << registers; bits++) {
        std::string text;
        for (unsigned place = registers; place-- > 0;)
            text += std::string(text.empty() ? "" : " ") + ((bits >> place & 1U) != 0 ? "1" : "0");
        bool allowed = true;
        for (const std::string &other : forbidden)
            allowed = allowed && other != text;
        if (allowed)
            outcomes.push_back(text);
    }
    return outcomes;
}

void write_x()
{
    rlx(x, 1);
}
void write_y()
{
    rlx(y, 1);
}
void write_x_release()
{
    rel(x, 1);
}
void write_y_release()
{
    rel(y, 1);
}

void iriw_xy()
{
    seen[0] = rlx(x), seen[1] = rlx(y);
}
void iriw_yx()
{
    seen[2] = rlx(y), seen[3] = rlx(x);
}
void iriw_xy_acquire()
{
    seen[0] = acq(x), seen[1] = acq(y);
}
void iriw_yx_acquire()
{
    seen[2] = acq(y), seen[3] = acq(x);
}
void iriw_xy_fence()
{
    seen[0] = rlx(x), sc(), seen[1] = rlx(y);
}
void iriw_yx_fence()
{
    seen[2] = rlx(y), sc(), seen[3] = rlx(x);
}

void wrc_middle()
{
    seen[0] = rlx(x), rlx(y, 1);
}
void wrc_last()
{
    seen[1] = rlx(y), seen[2] = rlx(x);
}
void wrc_middle_release()
{
    seen[0] = rlx(x), rel(y, 1);
}
void wrc_middle_acquire_release()
{
    seen[0] = acq(x), rel(y, 1);
}
void wrc_last_acquire()
{
    seen[1] = acq(y), seen[2] = rlx(x);
}

void isa2_first()
{
    rlx(x, 1), rlx(y, 1);
}
void isa2_middle()
{
    seen[0] = rlx(y), rlx(z, 1);
}
void isa2_last()
{
    seen[1] = rlx(z), seen[2] = rlx(x);
}
void isa2_first_release()
{
    rlx(x, 1), rel(y, 1);
}
void isa2_middle_synchronising()
{
    seen[0] = acq(y), rel(z, 1);
}
void isa2_last_acquire()
{
    seen[1] = acq(z), seen[2] = rlx(x);
}

void rwc_middle_fence()
{
    seen[0] = rlx(x), sc(), seen[1] = rlx(y);
}
void rwc_last_fence()
{
    rlx(y, 1), sc(), seen[2] = rlx(x);
}
void rwc_middle_acquire()
{
    seen[0] = acq(x), seen[1] = acq(y);
}
void rwc_last_release()
{
    rel(y, 1), seen[2] = acq(x);
}

void wrwc_first_release()
{
    rlx(x, 1), rel(z, 1);
}
void wrwc_middle()
{
    seen[0] = acq(z), sc(), seen[1] = rlx(y);
}

void lb3_first()
{
    seen[0] = rlx(x), rlx(y, 1);
}
void lb3_middle()
{
    seen[1] = rlx(y), rlx(z, seen[1]);
}
void lb3_last()
{
    seen[2] = rlx(z), rlx(x, seen[2]);
}
} // namespace

const std::vector<Shape> &many_thread_shapes()
{
    static const std::vector<Shape> shapes = {
        {"IRIW", "ISO: relaxed readers need not agree on the order of two writers", all_but(4, {}),
         threads<4, write_x, write_y, iriw_xy, iriw_yx>},
        {"IRIW+acq", "ISO: release and acquire give no common order either (POWER shows it)",
         all_but(4, {}),
         threads<4, write_x_release, write_y_release, iriw_xy_acquire, iriw_yx_acquire>},
        {"IRIW+fences", "C++20 and RC11 forbid 1 0 1 0; C11's older wording of fences let it pass",
         all_but(4, {"1 0 1 0"}), threads<4, write_x, write_y, iriw_xy_fence, iriw_yx_fence>},

        {"WRC", "ISO: relaxed, causality is not passed on", all_but(3, {}),
         threads<3, write_x, wrc_middle, wrc_last>},
        {"WRC+rel+acq", "ISO: happens-before and coherence pass what the middle one has read",
         all_but(3, {"1 1 0"}), threads<3, write_x, wrc_middle_release, wrc_last_acquire>},
        {"WRC+rel+rlx", "ISO: the last one acquires nothing", all_but(3, {}),
         threads<3, write_x, wrc_middle_acquire_release, wrc_last>},

        {"ISA2", "ISO: relaxed, causality is not passed on", all_but(3, {}),
         threads<3, isa2_first, isa2_middle, isa2_last>},
        {"ISA2+rel+acq", "ISO: happens-before is transitive", all_but(3, {"1 1 0"}),
         threads<3, isa2_first_release, isa2_middle_synchronising, isa2_last_acquire>},
        {"ISA2+rlx-middle", "ISO: a relaxed link breaks the chain", all_but(3, {}),
         threads<3, isa2_first_release, isa2_middle, isa2_last_acquire>},

        {"RWC", "ISO: acquire and release are not enough", all_but(3, {}),
         threads<3, write_x_release, rwc_middle_acquire, rwc_last_release>},
        {"RWC+fences", "C++20 and RC11 forbid 1 0 0; C11's older wording of fences let it pass",
         all_but(3, {"1 0 0"}), threads<3, write_x, rwc_middle_fence, rwc_last_fence>},
        {"W+RWC", "C++20 and RC11: the same where the read synchronises", all_but(3, {"1 0 0"}),
         threads<3, wrwc_first_release, wrwc_middle, rwc_last_fence>},

        {"LB3+copies",
         "ISO allows 1 1 1: the one store without a dependency feeds the circle; RC11 forbids it",
         {"0 0 0", "0 1 0", "0 1 1", "1 1 1"},
         threads<3, lb3_first, lb3_middle, lb3_last>,
         {"0 0 0", "0 1 0", "0 1 1"}},
    };
    return shapes;
}

} // namespace paravane::explorer::litmus
