// SPDX-License-Identifier: Apache-2.0
//
// Both halves as threads that really sleep: slot rings, device queues and byte streams of random
// size, at indices about to wrap. ThreadSanitizer sees payload as plain memory and ports as no
// order, so the only thing between it and a report is the order that the ring itself makes.
//
// The whole program is this one source.
#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <system_error>
#include <thread>

#include <paravane/shared_memory.hpp>

#include "options.hpp"
#include "threads_queue.hpp"
#include "threads_ring.hpp"
#include "threads_stream.hpp"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// The first report decides; thousands more of the same would only take time.
extern "C" const char *tsan_default_options() __asm__("__tsan_default_options");
const char *tsan_default_options()
{
    return "halt_on_error=1";
}
#endif
#endif

namespace paravane::stress {
namespace {

// The largest ring is 256 KiB of slots, the largest queue two rings of 16 KiB with their buffers.
constexpr uint64_t memory_bytes = 512U << 10;

struct Tally {
    const char *unit = "";
    uint64_t rounds = 0;
    uint64_t moved = 0;
    uint64_t wraps = 0;
    Counts producer = {};
    Counts consumer = {};
};

// Runs both halves, each on a thread with a port of its own, to their end.
class Threads {
  public:
    Threads(Tally &tally, const char *producer, const char *consumer)
        : tally_(tally), producer_(producer, first_, second_), consumer_(consumer, second_, first_)
    {
    }

    template <typename Produce, typename Consume>
    void operator()(Produce &&produce, Consume &&consume)
    {
        std::thread thread([&] { produce(producer_); });
        consume(consumer_);
        thread.join();
        tally_.producer.add(producer_.counts());
        tally_.consumer.add(consumer_.counts());
    }

  private:
    Tally &tally_;
    Port first_;
    Port second_;
    Half producer_;
    Half consumer_;
};

void print(const Tally &tally)
{
    Counts both = tally.producer;
    both.add(tally.consumer);
    std::printf("  %-10s %6" PRIu64 " rounds, %" PRIu64 " over the wrap, %9" PRIu64 "; %" PRIu64
                " notifications, %" PRIu64 " suppressed; sleeps %" PRIu64 " + %" PRIu64 "\n",
                tally.unit, tally.rounds, tally.wraps, tally.moved, both.sent, both.suppressed,
                tally.producer.sleeps, tally.consumer.sleeps);
}

bool all_slept(const std::array<Tally, 3> &tallies)
{
    return std::all_of(tallies.begin(), tallies.end(), [](const Tally &tally) {
        return tally.producer.sleeps > 0 && tally.consumer.sleeps > 0;
    });
}

int run(int argc, char **argv)
{
    const Options options = options_of("stress.threads", argc, argv);
    std::error_code error;
    const SharedMemory memory =
        SharedMemory::create(memory_bytes, SharedMemory::Pages::normal, error);
    if (error)
        cannot("memfd", error.value());
    Random random(options.seed);
    std::array<Tally, 3> tallies = {Tally{"elements"}, Tally{"requests"}, Tally{"bytes"}};

    // A short run on a busy machine sees few rounds: go on until every half has slept.
    for (uint32_t turn = 0; !options.over() || (turn < 300 && !all_slept(tallies)); turn++) {
        Tally &tally = tallies[turn % 3];
        bool wraps = false;
        if (turn % 3 == 0) {
            const RingRound round = RingRound::choose(random);
            tally.moved += run_ring(round, memory.at(0), Threads(tally, "producer", "consumer"));
            wraps = round.wraps();
        } else if (turn % 3 == 1) {
            const QueueRound round = QueueRound::choose(random);
            tally.moved += run_queue(round, memory.at(0), Threads(tally, "frontend", "backend"));
            wraps = round.wraps();
        } else {
            const StreamRound round = StreamRound::choose(random);
            tally.moved += run_stream(round, memory.at(0), Threads(tally, "writer", "reader"));
            wraps = round.wraps();
        }
        tally.rounds++;
        tally.wraps += wraps ? 1 : 0;
    }

    for (const Tally &tally : tallies)
        print(tally);
    if (!all_slept(tallies))
        fail("some half never slept: nothing was seen of wake-ups");
    std::printf("stress.threads: passed, %" PRIu64 " rounds\n",
                tallies[0].rounds + tallies[1].rounds + tallies[2].rounds);
    return 0;
}

} // namespace
} // namespace paravane::stress

int main(int argc, char **argv)
{
    return paravane::stress::run(argc, argv);
}
