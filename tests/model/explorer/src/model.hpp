// SPDX-License-Identifier: Apache-2.0
//
// The memory model: what each operation of a thread may see and what it makes known. Views follow
// the promising semantics' way of stating C11; README.md has the rules in words.
#pragma once

#include "cells.hpp"
#include "digest.hpp"
#include "explorer/explorer.hpp"
#include "knowledge.hpp"
#include "trail.hpp"
#include "words.hpp"

namespace paravane::explorer {

struct ThreadState {
    View current;    // what its next load may not miss
    View acquirable; // what relaxed loads have brought, in force from the next acquire fence on
    View released;   // what its relaxed stores pass on: the current view at its last release fence
    std::uint32_t unresolved = 0; // prophecies it has read since its last fence, a bit each
    std::uint32_t read_words = 0; // words read since its last spin(), a bit each
    std::array<std::uint8_t, max_words> read_message{}; // the message read last, of those words
    bool finished = false;
    Digest history; // of everything it did and was told: stands for its private state
};

class Model {
  public:
    Model(Trail &trail, const Knowledge &known) : trail_(trail), known_(known) {}
    void reset(std::uint8_t threads, std::uint8_t words, std::uint8_t cells);

    // Operations. Each may choose; load returns the number of the message it read, or nobody when
    // the execution must be dropped: the thread knows of its own store to come.
    bool may_load(std::uint8_t thread, std::uint8_t word, bool acquire) const;
    std::uint8_t load(std::uint8_t thread, std::uint8_t word, bool acquire, bool prophecy);
    // False: the store can't be the one that a prophecy spoke of; the execution must be dropped.
    bool store(std::uint8_t thread, std::uint8_t word, std::uint32_t value, bool release);
    bool may_fence(std::uint8_t thread, Order order) const;
    void fence(std::uint8_t thread, Order order);
    bool may_spin(std::uint8_t thread) const;
    // The words whose last reading it already knows better than, since it has synchronised: a bit each.
    std::uint32_t outdated_words(std::uint8_t thread) const;
    std::uint8_t spin(std::uint8_t thread); // the word of which it now knows more

    std::uint32_t open_prophecies() const { return open_; }
    // Every store of this execution, for the rounds to come.
    void teach(Knowledge &knowledge) const;
    // Which threads have read a word with a relaxed load, and so could have read ahead, in any
    // execution so far.
    const std::array<std::uint8_t, max_words> &early_readers() const { return early_readers_; }
    bool new_early_reader() const { return new_early_reader_; }
    Digest digest(std::uint32_t extra) const;

    ThreadState &thread(std::uint8_t number) { return threads_[number]; }
    const ThreadState &thread(std::uint8_t number) const { return threads_[number]; }
    std::uint8_t threads() const { return count_; }
    Words words;
    Cells cells;

  private:
    struct Prophecy {
        std::uint8_t word;
        std::uint8_t number;
    };
    bool readable(std::uint8_t thread, bool acquire, const Message &message) const
    {
        return message.executed || (!acquire && message.owner != thread);
    }
    std::uint8_t prophesy(std::uint8_t thread, std::uint8_t word, std::uint32_t pick);
    std::uint32_t futures(std::uint8_t thread, std::uint8_t word) const;
    Words::Gap store_gap(std::uint8_t word, std::uint8_t owner, std::uint8_t nth, int after) const;
    void fulfil(std::uint8_t word, std::uint8_t number);
    bool news(std::uint8_t thread, std::uint8_t word, std::uint8_t &number) const;

    Trail &trail_;
    const Knowledge &known_;
    std::uint8_t count_ = 0;
    std::array<ThreadState, max_threads> threads_{};
    View fences_; // what all seq_cst fences so far know
    std::array<Prophecy, 32> prophecies_{};
    std::uint8_t prophecy_count_ = 0;
    std::uint32_t open_ = 0;
    std::array<std::uint8_t, max_words> early_readers_{};
    bool new_early_reader_ = false; // in this execution
};

} // namespace paravane::explorer
