// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace paravane::explorer {

namespace {
Engine *active_engine = nullptr;

[[noreturn]] void refuse(const char *text)
{
    std::fprintf(stderr, "explorer: the program is too big: %s\n", text);
    std::exit(3);
}
} // namespace

Engine &Engine::active()
{
    if (active_engine == nullptr) {
        std::fprintf(stderr, "explorer: shared memory is used outside explore()\n");
        std::exit(3);
    }
    return *active_engine;
}

Engine::Engine(const Program &program, const Options &options)
    : program_(program), options_(options), model_(trail_, known_),
      fibers_(program.threads().size()), map_(arena_bytes / 4, nobody)
{
    if (active_engine != nullptr)
        refuse("one exploration at a time");
    if (program.threads().size() > max_threads || program.words().size() > max_words ||
        program.ports().size() > max_ports || program.ranges().size() >= 0x7e)
        refuse("threads, words, ports or ranges");
    for (std::size_t word = 0; word < program.words().size(); word++)
        map(program.words()[word].at, 4, static_cast<std::uint8_t>(word));
    std::uint32_t cells = 0;
    for (std::size_t range = 0; range < program.ranges().size(); range++) {
        const PlainRange &plain = program.ranges()[range];
        map(plain.at, plain.bytes, static_cast<std::uint8_t>(0x80U + range));
        first_cell_.push_back(static_cast<std::uint8_t>(cells));
        cells += plain.bytes / plain.granule;
        if (cells > max_cells)
            refuse("plain memory");
    }
    cell_count_ = static_cast<std::uint8_t>(cells);
    for (const PlainRange &range : program.zeros())
        map(range.at, range.bytes, zeros_entry);
    active_engine = this;
}

Engine::~Engine()
{
    active_engine = nullptr;
}

void Engine::map(Address at, std::uint32_t bytes, std::uint8_t entry)
{
    if (at < arena_base || at % 4 != 0 || at - arena_base + bytes > arena_bytes)
        refuse("addresses outside the arena");
    for (std::uint32_t offset = 0; offset < bytes; offset += 4) {
        std::uint8_t &slot = map_[(at - arena_base + offset) / 4];
        if (slot != nobody)
            refuse("two locations at one address");
        slot = entry;
    }
}

Engine::Place Engine::place(Address at) const
{
    if (at < arena_base || at - arena_base >= arena_bytes)
        return {};
    const std::uint8_t entry = map_[(at - arena_base) / 4];
    if (entry == nobody || (entry < 0x80 && at % 4 != 0))
        return {};
    if (entry == zeros_entry)
        return {Kind::zeros, 0, static_cast<std::uint32_t>(4 - at % 4)};
    if (entry < 0x80)
        return {Kind::word, entry, 4};
    const PlainRange &range = program_.ranges()[entry - 0x80U];
    const std::uint64_t offset = at - range.at;
    if (offset % range.granule != 0)
        return {};
    const std::uint64_t cell = first_cell_[entry - 0x80U] + offset / range.granule;
    return {Kind::cell, static_cast<std::uint8_t>(cell), range.granule};
}

// --- how an execution goes on and ends ---

bool Engine::enabled(std::uint8_t thread) const
{
    const Pending &next = pending_[thread];
    if (model_.thread(thread).finished)
        return false;
    switch (next.operation) {
    case Operation::acquire:
        return model_.may_load(thread, next.object, true);
    case Operation::fence:
        return model_.may_fence(thread, next.order);
    case Operation::wait:
        return (ports_ >> next.object & 1U) != 0;
    case Operation::spin:
        return model_.may_spin(thread);
    default:
        return true;
    }
}

// The thread to run now, or nobody: the execution is at its end.
std::uint8_t Engine::pick()
{
    if (!trail_.replaying() && !explaining_) {
        const std::uint32_t extra = ports_ << 1 | (violation_[0] != '\0' ? 1U : 0U);
        if (options_.prune && !seen_.insert(model_.digest(extra))) {
            end_ = End::pruned;
            return nobody;
        }
        states_++;
    }
    std::array<std::uint8_t, max_threads> able{};
    std::uint32_t count = 0;
    bool finished = true;
    // The running thread first: the first executions explored switch least and read best.
    const std::uint8_t threads = model_.threads();
    const std::uint8_t first = inside() ? current_ : std::uint8_t{0};
    for (std::uint8_t step = 0; step < threads; step++) {
        const auto thread = static_cast<std::uint8_t>((first + step) % threads);
        finished = finished && model_.thread(thread).finished;
        if (enabled(thread))
            able[count++] = thread;
    }
    if (count != 0)
        return able[trail_.choose(count)];
    if (model_.open_prophecies() != 0) {
        end_ = End::discarded;
    } else if (finished) {
        end_ = End::complete;
    } else {
        deadlock();
        end_ = End::violated;
    }
    return nobody;
}

void Engine::run_next()
{
    const std::uint8_t from = current_;
    const std::uint8_t next = pick();
    if (next == nobody)
        Fiber::switch_to(fibers_[from], main_);
    current_ = next;
    if (next != from)
        Fiber::switch_to(fibers_[from], fibers_[next]);
}

void Engine::gate(Operation operation, std::uint8_t object, Order order)
{
    pending_[current_] = {operation, object, order};
    if (starting_ != nobody) {
        Fiber::switch_to(fibers_[current_], main_);
        return;
    }
    run_next();
    count_step();
}

void Engine::count_step()
{
    if (++steps_ > options_.step_bound)
        fail("step bound: %u scheduled steps and no end", options_.step_bound);
    if (steps_ > 2 * options_.step_bound) // it went on because a prophecy was open
        leave(End::discarded);
}

void Engine::begin(Operation operation, std::uint8_t object, Order order)
{
    const bool load = operation == Operation::load || operation == Operation::acquire;
    const bool store = operation == Operation::store;
    bool &committed = committed_[current_];
    pending_[current_] = {operation, object, order};
    if (!options_.reduce || operation == Operation::spin || (committed && !store) ||
        !enabled(current_))
        gate(operation, object, order);
    committed = !load;
}

void Engine::leave(End end)
{
    end_ = end;
    Fiber::switch_to(fibers_[current_], main_);
    std::abort();
}

void Engine::body(void *engine)
{
    Engine &self = *static_cast<Engine *>(engine);
    const std::uint8_t thread = self.current_;
    self.program_.threads()[thread].run();
    self.model_.thread(thread).finished = true;
    if (self.explaining_)
        self.line("returns");
    if (self.starting_ != nobody)
        Fiber::switch_to(self.fibers_[thread], self.main_);
    self.run_next();
    std::abort();
}

// A violation counts once no prophecy is open: until then the execution may yet turn out to be one
// that cannot happen. So thread bodies must stay safe when a check of theirs has failed.
void Engine::fail(const char *format, ...)
{
    if (violation_[0] == '\0') {
        va_list arguments;
        va_start(arguments, format);
        std::vsnprintf(violation_.data(), violation_.size(), format, arguments);
        va_end(arguments);
        if (explaining_)
            line("VIOLATION: %s", violation_.data());
    }
    if (inside() && model_.open_prophecies() == 0)
        leave(End::violated);
}

void Engine::deadlock()
{
    std::string text = "lost wake-up or deadlock:";
    for (std::uint8_t thread = 0; thread < model_.threads(); thread++) {
        if (!model_.thread(thread).finished)
            text += std::string(" ") + name_of_thread(thread) + " " + describe(pending_[thread]);
    }
    std::snprintf(violation_.data(), violation_.size(), "%s", text.c_str());
    if (explaining_)
        trace_.push_back("VIOLATION: " + text);
}

// --- one execution, one round, all of it ---

// What the executions begin with. False: on_start itself went wrong.
bool Engine::prepare(Result &result)
{
    model_.reset(0, static_cast<std::uint8_t>(program_.words().size()), cell_count_);
    for (std::size_t word = 0; word < program_.words().size(); word++)
        model_.words.set_initial(static_cast<std::uint8_t>(word), program_.words()[word].initial);
    if (program_.start())
        program_.start()();
    for (std::uint8_t word = 0; word < model_.words.count(); word++)
        first_words_.push_back(model_.words.last(word).value);
    first_cells_ = model_.cells;
    result.violated = violation_[0] != '\0';
    result.violation = violation_.data();
    return !result.violated;
}

void Engine::run_once()
{
    const std::vector<ThreadBody> &threads = program_.threads();
    model_.reset(static_cast<std::uint8_t>(threads.size()),
                 static_cast<std::uint8_t>(program_.words().size()), cell_count_);
    for (std::size_t word = 0; word < first_words_.size(); word++)
        model_.words.set_initial(static_cast<std::uint8_t>(word), first_words_[word]);
    model_.cells = first_cells_;
    trail_.rewind();
    ports_ = 0;
    steps_ = 0;
    end_ = End::none;
    violation_[0] = '\0';
    current_ = nobody;
    if (program_.each())
        program_.each()();
    for (std::uint8_t thread = 0; thread < threads.size() && end_ == End::none; thread++) {
        current_ = starting_ = thread;
        committed_[thread] = true;
        fibers_[thread].start(&Engine::body, this);
        Fiber::switch_to(main_, fibers_[thread]);
    }
    current_ = starting_ = nobody;
    if (end_ == End::none) {
        current_ = pick();
        if (current_ != nobody)
            Fiber::switch_to(main_, fibers_[current_]);
    }
    current_ = nobody;
    if (end_ == End::complete) {
        model_.teach(learned_);
        if (program_.end())
            program_.end()();
    }
    if (violation_[0] != '\0' && (end_ == End::none || end_ == End::complete))
        end_ = End::violated;
}

void Engine::run_round(Result &result)
{
    const Result before = result;
    trail_.clear();
    seen_.clear();
    states_ = 0;
    do {
        run_once();
        // Digests tell apart what matters to early readers: with one more of them, begin again.
        while (model_.new_early_reader()) {
            result = before;
            trail_.clear();
            seen_.clear();
            states_ = 0;
            run_once();
        }
        switch (end_) {
        case End::complete:
            result.executions++;
            break;
        case End::pruned:
            result.pruned++;
            break;
        case End::violated:
            explain(result);
            return;
        default:
            result.discarded++;
            break;
        }
        if (options_.execution_bound != 0 &&
            result.executions + result.pruned + result.discarded >= options_.execution_bound) {
            result.truncated = true;
            return;
        }
    } while (trail_.advance());
}

void Engine::explain(Result &result)
{
    explaining_ = true;
    trace_.clear();
    run_once();
    explaining_ = false;
    result.violated = true;
    result.violation = violation_.data();
    result.trace = trace_;
}

Result Engine::explore()
{
    const auto begin = std::chrono::steady_clock::now();
    Result result;
    outcomes_ = &result.outcomes;
    for (bool more = prepare(result); more;) {
        learned_ = known_;
        run_round(result);
        result.rounds++;
        result.states = states_;
        more = !result.violated && !result.truncated &&
               learned_.adds_to(known_, model_.early_readers());
        known_ = learned_;
    }
    std::sort(result.outcomes.begin(), result.outcomes.end());
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return result;
}

Result explore(const Program &program, const Options &options)
{
    return Engine(program, options).explore();
}

} // namespace paravane::explorer
