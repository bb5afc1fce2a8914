// SPDX-License-Identifier: Apache-2.0
//
// One execution at a time: which thread runs next, where it blocks, how the execution ends, and the
// walk over all executions.
#pragma once

#include <string>
#include <vector>

#include "explorer/explorer.hpp"
#include "fiber.hpp"
#include "model.hpp"

namespace paravane::explorer {

enum class End : std::uint8_t { none, complete, pruned, discarded, violated };

enum class Operation : std::uint8_t { load, acquire, store, fence, notify, wait, poll, spin };

class Engine {
  public:
    Engine(const Program &program, const Options &options);
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;
    ~Engine();

    Result explore();
    static Engine &active();

    // What thread bodies call.
    std::uint32_t load(Address at, Order order);
    void store(Address at, std::uint32_t value, Order order);
    void fence(Order order);
    void copy_out(void *to, Address from, std::uint32_t bytes);
    void copy_in(Address to, const void *from, std::uint32_t bytes);
    void notify(Port port);
    void wait(Port port);
    bool poll(Port port);
    void spin();
    std::uint32_t choose(std::uint32_t count);
    void settle(std::initializer_list<Bytes> pieces);
    bool certain() const { return model_.open_prophecies() == 0; }
    void check(bool holds, const char *text);
    void note(const char *text);
    void outcome(const std::string &text);

  private:
    struct Pending {
        Operation operation = Operation::store;
        std::uint8_t object = 0;
        Order order = Order::relaxed;
    };
    enum class Kind : std::uint8_t { unknown, word, cell, zeros };
    struct Place { // of an address: what lies there, its number, and how many bytes it has
        Kind kind = Kind::unknown;
        std::uint8_t index = 0;
        std::uint32_t bytes = 0;
    };

    static constexpr std::uint8_t zeros_entry = 0xfe;
    void map(Address at, std::uint32_t bytes, std::uint8_t entry);
    Place place(Address at) const;
    Place word_at(Address at, const char *what);
    bool inside() const { return current_ != nobody; }
    void remember(Operation operation, std::uint64_t object, std::uint64_t value);

    // Scheduling: gate() lets any other thread go first, then returns when this one may go on.
    // begin() does so only where it can make a difference. A load may as well come later than it
    // does and a store earlier, past anything that other threads do in between: so loads, then one
    // operation that is neither, then stores, are as good as one step.
    void gate(Operation operation, std::uint8_t object = 0, Order order = Order::relaxed);
    void begin(Operation operation, std::uint8_t object = 0, Order order = Order::relaxed);
    void count_step();
    bool enabled(std::uint8_t thread) const;
    std::uint8_t pick();
    void run_next();
    [[noreturn]] void leave(End end);
    static void body(void *engine);
    [[gnu::format(printf, 2, 3)]] void fail(const char *format, ...);
    void conflict(const Conflict &found, const char *what, Address at);
    void deadlock();
    std::string describe(const Pending &pending) const;

    bool prepare(Result &result);
    void run_once();
    void run_round(Result &result);
    void explain(Result &result);

    // Lines of the trace (trace.cpp).
    [[gnu::format(printf, 2, 3)]] void line(const char *format, ...);
    void trace_load(std::uint8_t word, std::uint8_t number, bool acquire);
    void trace_copy(const char *what, Address at, const void *data, std::uint32_t bytes);
    const char *name_of(Address at) const; // good until the next call
    const char *name_of_thread(std::uint8_t thread) const;

    const Program &program_;
    const Options options_;
    Trail trail_;
    Knowledge known_;
    Knowledge learned_;
    Model model_;
    DigestSet seen_;
    std::vector<Fiber> fibers_;
    Fiber main_;
    std::vector<std::uint8_t>
        map_; // of each 4 bytes of the arena: word, range + 0x80, zeros_entry, or nobody
    std::vector<std::uint8_t> first_cell_; // of each range
    std::uint8_t cell_count_ = 0;
    std::vector<std::uint32_t> first_words_; // what on_start left
    Cells first_cells_;

    std::array<Pending, max_threads> pending_{};
    std::array<bool, max_threads> committed_{}; // past the loads of its step
    std::uint8_t current_ = nobody;
    std::uint8_t starting_ = nobody;
    std::uint32_t ports_ = 0; // pending bits
    std::uint32_t steps_ = 0;
    End end_ = End::none;
    std::array<char, 512>
        violation_{}; // empty: none. A char array: fibers are left without unwinding
    mutable std::array<char, 96> name_{};
    bool explaining_ = false;
    std::uint64_t states_ = 0;
    std::vector<std::string> trace_;
    std::vector<std::string> *outcomes_ = nullptr;
};

} // namespace paravane::explorer
