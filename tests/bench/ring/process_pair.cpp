// SPDX-License-Identifier: Apache-2.0
#include "ring/process_pair.hpp"

#include <cerrno>
#include <memory>
#include <new>

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>

#include <fmt/format.h>

#include "report/cycles.hpp"
#include "ring/child.hpp"
#include "ring/interrupt.hpp"
#include "ring/priority.hpp"

namespace paravane::bench {
namespace {

// Long beyond any measurement; a pair that hangs must not hang its parent.
constexpr std::chrono::seconds patience_of_parent{120};

struct Unmap {
    void operator()(PairMemory *memory) const
    {
        memory->~PairMemory();
        munmap(memory, sizeof(PairMemory));
    }
};

std::unique_ptr<PairMemory, Unmap> shared_pair_memory()
{
    void *memory = mmap(nullptr, sizeof(PairMemory), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        return nullptr;
    return std::unique_ptr<PairMemory, Unmap>(new (memory) PairMemory);
}

Child start(PairMemory &memory, uint32_t self, const Setting &setting, const Body &body)
{
    return Child::start([&memory, self, &setting, &body] {
        Side side(memory, self);
        if (!pin_to(self == 0 ? setting.cores.producer : setting.cores.consumer))
            return 2;
        // Real-time and polling only from when both are there: else the first could keep the parent
        // from the processor on which it is to start the second.
        side.meet_politely();
        if (setting.realtime)
            run_realtime();
        return body(side) ? 0 : 1;
    });
}

// Waits until both have ended well. Children left running are killed by their objects.
std::string wait_for(std::array<Child, 2> &children)
{
    const auto deadline = std::chrono::steady_clock::now() + patience_of_parent;
    uint32_t left = 2;

    while (left > 0) {
        std::array<pollfd, 2> ends = {};
        for (size_t i = 0; i < ends.size(); i++)
            ends[i] = {children[i].running() ? children[i].descriptor() : -1, POLLIN, 0};
        const int ready = poll(ends.data(), ends.size(), 1000);
        if (interrupted())
            return "interrupted";
        if (ready < 0 && errno != EINTR)
            return "poll failed";
        if (std::chrono::steady_clock::now() > deadline)
            return "the two processes did not end";
        for (size_t i = 0; i < ends.size(); i++) {
            if (!children[i].running() || (ends[i].revents & POLLIN) == 0)
                continue;
            const std::string end = children[i].reap();
            if (!end.empty())
                return fmt::format("the {} process {}", i == 0 ? "first" : "second", end);
            left--;
        }
    }
    return {};
}

} // namespace

void Side::arrive()
{
    met_++;
    memory_.arrived[self_].store(met_, std::memory_order_release);
}

bool Side::alone() const
{
    return memory_.arrived[1 - self_].load(std::memory_order_acquire) < met_;
}

void Side::meet()
{
    arrive();
    while (alone())
        pause();
}

void Side::meet_politely()
{
    arrive();
    while (alone())
        sched_yield();
}

std::vector<Repetition> run_pair(const Setting &setting, uint32_t repetitions, const Body &first,
                                 const Body &second, std::string &error)
{
    const auto memory = shared_pair_memory();
    std::vector<Repetition> measured;

    if (!memory || repetitions >= repetitions_max) {
        error = "no memory for a pair of processes";
        return measured;
    }
    std::array<Child, 2> children = {start(*memory, 0, setting, first),
                                     start(*memory, 1, setting, second)};
    if (!children[0].running() || !children[1].running()) {
        error = "cannot start a process";
        return measured;
    }
    error = wait_for(children);
    if (!error.empty())
        return measured;
    for (uint32_t i = 1; i <= repetitions; i++)
        measured.push_back({memory->halves[0][i], memory->halves[1][i]});
    return measured;
}

} // namespace paravane::bench
