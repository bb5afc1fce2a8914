// SPDX-License-Identifier: Apache-2.0
#include "ring/line.hpp"

#include <paravane/ring.hpp>

#include "report/cycles.hpp"
#include "ring/figures.hpp"
#include "ring/process_pair.hpp"

namespace paravane::bench {

double measure_line(const Setting &setting, std::string &error)
{
    constexpr uint32_t exchanges = 500;
    constexpr uint32_t repetitions = 7;
    std::error_code failure;
    const SharedMemory memory =
        SharedMemory::create(PV_PAGE_SIZE, SharedMemory::Pages::normal, failure);

    if (failure) {
        error = "no shared memory: " + failure.message();
        return 0;
    }
    const pv_shared mine = memory.at(0);
    const pv_shared yours = memory.at(PV_PAGE_SIZE / 2);
    const auto body = [&](bool first) {
        return [&, first](Side &side) {
            uint32_t turn = 0;
            for (uint32_t repetition = 0; repetition <= repetitions; repetition++) {
                Half half;
                side.meet();
                half.start = cycles();
                for (uint32_t i = 0; i < exchanges; i++) {
                    turn++;
                    if (first)
                        pv_shared_store_release(mine, turn);
                    while (pv_shared_load_acquire(first ? yours : mine) != turn)
                        continue;
                    if (!first)
                        pv_shared_store_release(yours, turn);
                }
                half.end = cycles();
                side.record(repetition, half);
            }
            return true;
        };
    };
    const auto done = run_pair(setting, repetitions, body(true), body(false), error);
    return median_figure(done,
                         [](const Repetition &r) { return r.first.taken() / (2.0 * exchanges); });
}

} // namespace paravane::bench
