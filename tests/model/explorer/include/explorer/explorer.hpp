// SPDX-License-Identifier: Apache-2.0
//
// Exhaustive exploration of small concurrent programs under a C11 memory model. A Program names its
// shared words, its plain memory, its ports and two to four threads; explore() runs it under every
// schedule, every message that a load may read and every place that a store may take. README.md
// says what the model covers and what it does not.
//
// Rules for thread bodies: deterministic given what the explorer returns to them; no heap and no
// destructor that matters (an execution is abandoned by leaving its fibers); nothing shared between
// threads except through the explorer, or counters that one thread writes and others only check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

namespace paravane::explorer {

using Address = std::uintptr_t;

enum class Order : std::uint8_t { relaxed, acquire, release, acquire_release, seq_cst };

struct Port {
    std::uint8_t number;
};

struct Options {
    bool prophecy = true;            // relaxed loads may read stores that are not yet executed
    bool prune = true;               // cut an execution that reaches a state seen before
    bool reduce = true;              // schedule runs of loads, and stores, as one step
    bool settle = true;              // believe settle()
    bool rewriting = false;          // a plain write of the value that is there races with no read
    std::uint32_t step_bound = 5000; // scheduled steps of one execution; more is a violation
    std::uint64_t execution_bound = 0; // 0: none; reaching it sets Result::truncated
};

struct Result {
    bool violated = false;
    bool truncated = false;
    std::string violation;          // kind and text of the first one found
    std::vector<std::string> trace; // the events that lead to it, one a line
    std::vector<std::string>
        outcomes;                 // what outcome() named in consistent executions; sorted, unique
    std::uint64_t executions = 0; // complete and consistent
    std::uint64_t pruned = 0;     // ended in a state seen before
    std::uint64_t discarded = 0;  // ended with a prophecy that did not come true
    std::uint64_t states = 0;     // distinct states of the last round (steps when not pruning)
    std::uint64_t rounds = 0;     // until the values that stores can have were all known
    double seconds = 0.0;
};

struct Word {
    Address at;
    std::string name;
    std::uint32_t initial;
};

struct PlainRange {
    Address at;
    std::uint32_t bytes;
    std::uint32_t granule; // bytes tracked as one for races: 8, or 1 where neighbours share a word
    std::string name;
};

struct ThreadBody {
    std::string name;
    std::function<void()> run;
};

class Program {
  public:
    // Shared 32-bit atomic word, at the next free address or at one given.
    Address word(std::string name, std::uint32_t initial = 0);
    void word_at(Address at, std::string name, std::uint32_t initial = 0);
    // Plain memory: uninitialised until it is written (on_start counts).
    Address plain(std::string name, std::uint32_t bytes);
    void plain_at(Address at, std::uint32_t bytes, std::string name, std::uint32_t granule = 8);
    // Zeros that no thread may write; reads of any kind are free of choice and of races.
    void zeros_at(Address at, std::uint32_t bytes, std::string name);
    Port port(std::string name);
    void thread(std::string name, std::function<void()> run);
    // Runs once: the shared memory that it leaves is what each execution begins with.
    void on_start(std::function<void()> run) { start_ = std::move(run); }
    // Runs before each execution: resets what the threads have in private.
    void on_each(std::function<void()> run) { each_ = std::move(run); }
    // Runs after the last thread of each complete execution; sees the last value of each word.
    void on_end(std::function<void()> run) { end_ = std::move(run); }

    const std::vector<Word> &words() const { return words_; }
    const std::vector<PlainRange> &ranges() const { return ranges_; }
    const std::vector<PlainRange> &zeros() const { return zeros_; }
    const std::vector<std::string> &ports() const { return ports_; }
    const std::vector<ThreadBody> &threads() const { return threads_; }
    const std::function<void()> &start() const { return start_; }
    const std::function<void()> &each() const { return each_; }
    const std::function<void()> &end() const { return end_; }

  private:
    Address next_ = 0;
    std::vector<Word> words_;
    std::vector<PlainRange> ranges_;
    std::vector<PlainRange> zeros_;
    std::vector<std::string> ports_;
    std::vector<ThreadBody> threads_;
    std::function<void()> start_;
    std::function<void()> each_;
    std::function<void()> end_;
};

// First address that word() and plain() hand out, and the size of the arena.
inline constexpr Address arena_base = 0x10000;
inline constexpr std::uint32_t arena_bytes = 0x10000;

// Why this build cannot explore (a sanitizer that does not follow fibers), or null: it can.
const char *unavailable();

Result explore(const Program &program, const Options &options = {});

// For thread bodies, on_start, on_each and on_end only.
std::uint32_t load(Address at, Order order);
void store(Address at, std::uint32_t value, Order order);
void fence(Order order);
std::uint64_t read_plain(Address at);
void write_plain(Address at, std::uint64_t value);
void notify(Port port);
void wait(Port port);
// Does the port have its bit set? Looks without consuming; a scheduling point.
bool poll(Port port);
// To be called in each turn of a polling loop: sleeps until a word that this thread has read since
// the last call has a newer value than it knows, and makes one such value known. Turns that would
// see nothing new are thereby skipped, so a loop ends, or its end is impossible: a violation.
void spin();
// A free choice of 0..count-1, all explored (where a crash falls, how big a batch is).
std::uint32_t choose(std::uint32_t count);
// Promises that, from here on, this thread depends on nothing that it did or was told before, save on
// these bytes (and on where in its code it is, if they tell that). States that differ only in how
// they came about are then one. A false promise hides executions; Options::settle tries without.
struct Bytes {
    const void *data;
    std::size_t size;
};
template <typename T> Bytes bytes_of(const T &object)
{
    return {&object, sizeof object};
}
void settle(std::initializer_list<Bytes> pieces);
void check(bool holds, const char *text);
// Is no prophecy open? Then what has happened so far can really happen.
bool certain();
void note(const char *text); // a line of the trace
void outcome(const std::string &text);

} // namespace paravane::explorer
