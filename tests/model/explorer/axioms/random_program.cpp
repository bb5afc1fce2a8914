// SPDX-License-Identifier: Apache-2.0
#include "random_program.hpp"

namespace paravane::explorer::axioms {

namespace {
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
    unsigned below(unsigned limit)
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return static_cast<unsigned>((state_ >> 33) % limit);
    }

  private:
    std::uint64_t state_;
};

std::vector<std::uint32_t> returned;

void run_thread(const RandomProgram &program, unsigned thread)
{
    for (std::size_t at = 0; at < program.events.size(); at++) {
        const Event &event = program.events[at];
        if (event.thread != thread)
            continue;
        const Address word = arena_base + Address{8} * event.word;
        if (event.kind == Kind::load)
            returned[at] = load(word, event.order);
        else if (event.kind == Kind::store)
            store(word, event.value, event.order);
        else
            fence(event.order);
    }
}
} // namespace

RandomProgram make_program(std::uint64_t seed)
{
    static constexpr Order fences[] = {Order::seq_cst,         Order::acquire, Order::release,
                                       Order::acquire_release, Order::seq_cst, Order::seq_cst};
    Random random(seed);
    RandomProgram program;
    program.threads = 2 + random.below(2);
    const unsigned most = program.threads == 2 ? 5 : 3;
    std::uint32_t value = 0;
    for (unsigned thread = 0; thread < program.threads; thread++) {
        const unsigned length = 2 + random.below(most - 1);
        for (unsigned at = 0; at < length; at++) {
            Event event{};
            event.thread = static_cast<std::uint8_t>(thread);
            event.word = static_cast<std::uint8_t>(random.below(2));
            const unsigned kind = random.below(10);
            const bool strong = random.below(3) == 0;
            if (kind < 4) {
                event.kind = Kind::load;
                event.order = strong ? Order::acquire : Order::relaxed;
            } else if (kind < 7) {
                event.kind = Kind::store;
                event.order = strong ? Order::release : Order::relaxed;
                event.value = ++value;
            } else {
                event.kind = Kind::fence;
                event.order = fences[random.below(6)];
            }
            program.events.push_back(event);
        }
    }
    return program;
}

std::string RandomProgram::text() const
{
    static const char *const orders[] = {"rlx", "acq", "rel", "acq_rel", "sc"};
    std::string text;
    for (unsigned thread = 0; thread < threads; thread++) {
        text += thread == 0 ? "" : " || ";
        for (const Event &event : events) {
            if (event.thread != thread)
                continue;
            const std::string word = event.word == 0 ? "x" : "y";
            const std::string order = orders[static_cast<unsigned>(event.order)];
            if (event.kind == Kind::load)
                text += word + "." + order + "; ";
            else if (event.kind == Kind::store)
                text += word + "." + order + "=" + std::to_string(event.value) + "; ";
            else
                text += "fence." + order + "; ";
        }
    }
    return text;
}

std::vector<std::string> operational(const RandomProgram &random, const Options &options)
{
    Program program;
    program.word("x");
    program.word("y");
    for (unsigned thread = 0; thread < random.threads; thread++)
        program.thread("t" + std::to_string(thread),
                       [&random, thread] { run_thread(random, thread); });
    program.on_each([&random] { returned.assign(random.events.size(), 0); });
    program.on_end([&random] {
        std::string text;
        for (std::size_t at = 0; at < random.events.size(); at++) {
            if (random.events[at].kind == Kind::load)
                text += std::to_string(returned[at]) + " ";
        }
        for (unsigned word = 0; word < 2; word++)
            text += "/" + std::to_string(load(arena_base + Address{8} * word, Order::relaxed));
        outcome(text);
    });
    const Result result = explore(program, options);
    if (result.violated)
        return {"violation: " + result.violation};
    return result.outcomes;
}

} // namespace paravane::explorer::axioms
