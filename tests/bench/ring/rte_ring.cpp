// SPDX-License-Identifier: Apache-2.0
#include "ring/rte_ring.hpp"

#include <algorithm>
#include <memory>
#include <new>

#include <sys/mman.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "ring/figures.hpp"
#include "ring/messages.hpp"
#include "ring/process_pair.hpp"

namespace paravane::bench {
namespace {

using Element = Message<16>;
constexpr uint32_t burst_max = 256;

struct Unmap {
    size_t size = 0;

    void operator()(void *memory) const { munmap(memory, size); }
};

using Mapping = std::unique_ptr<void, Unmap>;

Mapping map_ring(const Setting &setting)
{
    const bool huge = setting.pages == SharedMemory::Pages::huge;
    const size_t page = huge ? size_t{2} << 20 : PV_PAGE_SIZE;
    const size_t bytes = sizeof(rte_ring) + size_t{setting.slots} * sizeof(Element);
    const size_t size = (bytes + page - 1) / page * page;
    void *memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE | (huge ? MAP_HUGETLB : 0), -1, 0);

    return Mapping(memory == MAP_FAILED ? nullptr : memory, Unmap{size});
}

// What rte_ring_init() does for one producer and one consumer. It lives in a library, which would
// bring DPDK's whole environment into this process; the functions measured are inline.
rte_ring *format(void *memory, uint32_t slots)
{
    auto *ring = new (memory) rte_ring();

    ring->flags = RING_F_SP_ENQ | RING_F_SC_DEQ;
    ring->size = slots;
    ring->mask = slots - 1;
    ring->capacity = slots - 1;
    ring->prod.sync_type = RTE_RING_SYNC_ST;
    ring->cons.sync_type = RTE_RING_SYNC_ST;
    return ring;
}

struct Run {
    void *memory;
    uint32_t slots;
    uint32_t bursts;
    uint32_t burst;
    uint32_t patience;
};

bool produce(Side &side, uint32_t repetition, const Run &run)
{
    std::array<Element, burst_max> buffer = {};
    rte_ring *ring = format(run.memory, run.slots);
    Half half;

    side.meet();
    half.start = cycles();
    for (uint32_t i = 0; i < run.bursts; i++) {
        used(buffer.data());
        while (rte_ring_sp_enqueue_bulk_elem(ring, buffer.data(), sizeof(Element), run.burst,
                                             nullptr) == 0)
            pauses(run.patience);
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

bool consume(Side &side, uint32_t repetition, const Run &run)
{
    std::array<Element, burst_max> buffer = {};
    auto *ring = static_cast<rte_ring *>(run.memory);
    Half half;

    side.meet();
    half.start = cycles();
    for (uint32_t i = 0; i < run.bursts; i++) {
        while (rte_ring_sc_dequeue_bulk_elem(ring, buffer.data(), sizeof(Element), run.burst,
                                             nullptr) == 0)
            pauses(run.patience);
        used(buffer.data());
    }
    half.end = cycles();
    side.record(repetition, half);
    return true;
}

} // namespace

bool have_rte_ring()
{
    return true;
}

double measure_rte_ring(const Setting &setting, uint32_t burst, uint32_t patience,
                        std::string &error)
{
    const Mapping memory = map_ring(setting);

    if (!memory) {
        error = "no shared memory for rte_ring";
        return 0;
    }
    const Run run = {memory.get(), setting.slots, setting.bursts, std::min(burst, burst_max),
                     patience};
    const Body producer = repeated(setting.repetitions,
                                   [&](Side &side, uint32_t i) { return produce(side, i, run); });
    const Body consumer = repeated(setting.repetitions,
                                   [&](Side &side, uint32_t i) { return consume(side, i, run); });
    const auto done = run_pair(setting, setting.repetitions, producer, consumer, error);
    const double elements = static_cast<double>(run.bursts) * run.burst;
    return median_figure(
        done, [=](const Repetition &r) { return (r.first.taken() + r.second.taken()) / elements; });
}

} // namespace paravane::bench
