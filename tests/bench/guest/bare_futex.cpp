// SPDX-License-Identifier: Apache-2.0
#include "guest/bare_futex.hpp"

#include <chrono>

#include "guest/pinned.hpp"
#include "hypercall/host/futex.hpp"
#include "ring/child.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::bench {

namespace {

using Clock = std::chrono::steady_clock;

enum State : uint32_t { answered, called };

void tell(pv_shared word, State state)
{
    pv_shared_store_release(word, state);
    futex_wake(word);
}

void await(pv_shared word, State state)
{
    for (uint32_t seen = 0; (seen = pv_shared_load_acquire(word)) != state;)
        futex_wait(word, seen);
}

} // namespace

Result<double> measure_bare_futex(const Cores &cores, uint32_t count)
{
    constexpr uint32_t warm_up = 16;
    std::error_code error;
    const SharedMemory memory = SharedMemory::create(64, SharedMemory::Pages::normal, error);
    if (error)
        return Problem{"shared memory: " + error.message()};
    const pv_shared word = memory.at(0);

    Child child = Child::start([&] {
        const Pinned pinned(cores.consumer);
        for (uint32_t i = 0; i < warm_up + count; i++) {
            await(word, called);
            tell(word, answered);
        }
        return 0;
    });
    if (!child.running())
        return system_problem("fork");
    const Pinned pinned(cores.producer);
    Clock::time_point start;
    for (uint32_t i = 0; i < warm_up + count; i++) {
        if (i == warm_up)
            start = Clock::now();
        tell(word, called);
        await(word, answered);
    }
    const std::chrono::duration<double, std::nano> taken = Clock::now() - start;
    if (const std::string end = child.reap(); !end.empty())
        return Problem{"the other process " + end};
    return taken.count() / count;
}

} // namespace paravane::bench
