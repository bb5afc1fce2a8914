// SPDX-License-Identifier: Apache-2.0
#include <paravane/ring.hpp>

#include "ring/doorbell.hpp"
#include "ring/figures.hpp"
#include "ring/messages.hpp"
#include "ring/process_pair.hpp"
#include "ring/sleeping.hpp"

namespace paravane::bench {
namespace {

using Ball = Message<16>;
constexpr uint32_t slots = 16;

// One player: sends on one ring, receives on the other.
class Player {
  public:
    Player(RingPlace out, RingPlace in, const Doorbell &yours, const Doorbell &mine)
        : out_(out), in_(in), yours_(yours), mine_(mine)
    {
    }

    [[nodiscard]] bool attach()
    {
        return producer_.attach(out_, 0, violations_) == PV_RULE_KEPT &&
               consumer_.attach(in_, 0, violations_) == PV_RULE_KEPT;
    }

    [[nodiscard]] bool send_polling()
    {
        const bool put = producer_.put(ball_);
        producer_.publish_quietly();
        return put;
    }

    [[nodiscard]] bool receive_polling()
    {
        while (!consumer_.take(ball_)) {
            if (consumer_.refused() != PV_RULE_KEPT)
                return false;
            pause();
        }
        consumer_.release_quietly();
        return true;
    }

    [[nodiscard]] bool send()
    {
        const bool put = producer_.put(ball_);
        if (producer_.publish()) {
            rung_++;
            yours_.ring();
        }
        return put;
    }

    [[nodiscard]] bool receive()
    {
        while (!consumer_.take(ball_)) {
            if (consumer_.refused() != PV_RULE_KEPT)
                return false;
            if (consumer_.arm())
                mine_.wait();
        }
        // The sender never has more than one message under way, so it never waits for room.
        consumer_.release_quietly();
        return true;
    }

    [[nodiscard]] uint64_t rung() const { return rung_; }

  private:
    RingPlace out_;
    RingPlace in_;
    const Doorbell &yours_;
    const Doorbell &mine_;
    Producer<Ball> producer_;
    Consumer<Ball> consumer_;
    pv_violations violations_ = {};
    Ball ball_ = {};
    uint64_t rung_ = 0;
};

struct Table {
    RingPlace there;
    RingPlace back;
    Doorbell first;
    Doorbell second;
};

template <bool Sleep>
bool play(Side &side, uint32_t repetition, const Table &table, bool serves, uint32_t balls)
{
    Player player = serves ? Player(table.there, table.back, table.second, table.first)
                           : Player(table.back, table.there, table.first, table.second);
    const auto send = [&] { return Sleep ? player.send() : player.send_polling(); };
    const auto receive = [&] { return Sleep ? player.receive() : player.receive_polling(); };
    Half half;

    if (serves) {
        pv_ring_format(table.there.memory, table.there.bytes);
        pv_ring_format(table.back.memory, table.back.bytes);
    }
    side.meet();
    if (!player.attach())
        return false;
    side.meet();
    half.start = cycles();
    for (uint32_t i = 0; i < balls; i++)
        if (serves ? !send() || !receive() : !receive() || !send())
            return false;
    half.end = cycles();
    half.count = player.rung();
    side.record(repetition, half);
    return true;
}

template <bool Sleep> Sleeping measure(const Setting &setting, uint32_t balls, std::string &error)
{
    const uint64_t bytes = pv_ring_bytes({slots, sizeof(Ball)});
    std::error_code failure;
    const SharedMemory memory = SharedMemory::create(2 * bytes, setting.pages, failure);

    if (failure) {
        error = "no shared memory: " + failure.message();
        return {};
    }
    const Table table = {{memory.at(0), bytes, slots}, {memory.at(bytes), bytes, slots}, {}, {}};
    if (!table.first.valid() || !table.second.valid()) {
        error = "no eventfd";
        return {};
    }
    const auto player = [&](bool serves) {
        return repeated(setting.repetitions, [&, serves](Side &side, uint32_t i) {
            return play<Sleep>(side, i, table, serves, balls);
        });
    };
    const auto done = run_pair(setting, setting.repetitions, player(true), player(false), error);
    const double messages = 2.0 * balls;
    return {median_figure(done, [=](const Repetition &r) { return r.first.taken() / messages; }),
            median_figure(done, [=](const Repetition &r) {
                return static_cast<double>(r.first.count + r.second.count) / messages;
            })};
}

} // namespace

double measure_ping_pong(const Setting &setting, std::string &error)
{
    return measure<false>(setting, setting.bursts / 4, error).one_way;
}

Sleeping measure_sleeping(const Setting &setting, std::string &error)
{
    return measure<true>(setting, setting.bursts / 32, error);
}

} // namespace paravane::bench
