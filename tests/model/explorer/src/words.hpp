// SPDX-License-Identifier: Apache-2.0
//
// The atomic words: of each its messages (stores) in modification order, and the algebra of views
// over them. A message keeps its number for ever; its position moves when a store of another thread
// is placed before it.
#pragma once

#include "limits.hpp"

namespace paravane::explorer {

struct Message {
    std::uint32_t value = 0;
    std::uint8_t owner = nobody;
    std::uint8_t nth = 0; // which store of its owner to this word: 1, 2, ...
    bool executed = true; // false: prophesied, a place kept for a store still to come
    View view;            // what reading it with acquire makes known
};

class Words {
  public:
    void reset(std::uint8_t count);

    std::uint8_t count() const { return count_; }
    void set_initial(std::uint8_t word, std::uint32_t value) { at(word, 0).value = value; }

    std::uint8_t messages(std::uint8_t word) const { return logs_[word].count; }
    const Message &at(std::uint8_t word, std::uint8_t number) const
    {
        return logs_[word].message[number];
    }
    Message &at(std::uint8_t word, std::uint8_t number) { return logs_[word].message[number]; }
    std::uint8_t number_at(std::uint8_t word, std::uint8_t position) const
    {
        return logs_[word].order[position];
    }
    std::uint8_t position(std::uint8_t word, std::uint8_t number) const
    {
        return logs_[word].position[number];
    }
    std::uint8_t position(std::uint8_t word, const View &view) const
    {
        return position(word, view.message[word]);
    }
    const Message &last(std::uint8_t word) const
    {
        return at(word, number_at(word, static_cast<std::uint8_t>(messages(word) - 1)));
    }

    // Positions that the nth store of `owner` may take, first..last, when it must come after `after`
    // and in order with other stores of the same owner. Empty when first > last.
    struct Gap {
        int first;
        int last;
    };
    Gap gap(std::uint8_t word, std::uint8_t owner, std::uint8_t nth, int after) const;

    // Room for one more message of this word?
    bool full(std::uint8_t word) const { return logs_[word].count == max_messages; }
    std::uint8_t insert(std::uint8_t word, int position, const Message &message);
    // Number of the message prophesied for this store, or nobody.
    std::uint8_t prophesied(std::uint8_t word, std::uint8_t owner, std::uint8_t nth) const;

    std::uint8_t stores_of(std::uint8_t word, std::uint8_t owner) const
    {
        return logs_[word].stores[owner];
    }
    void count_store(std::uint8_t word, std::uint8_t owner) { logs_[word].stores[owner]++; }

    void join_messages(View &into, const View &other) const;
    static void join_epochs(View &into, const View &other);
    void join(View &into, const View &other) const
    {
        join_messages(into, other);
        join_epochs(into, other);
    }

  private:
    struct Log {
        std::uint8_t count = 1;
        std::array<std::uint8_t, max_threads> stores{};
        std::array<std::uint8_t, max_messages> order{};    // position to number
        std::array<std::uint8_t, max_messages> position{}; // number to position
        std::array<Message, max_messages> message{};
    };

    std::uint8_t count_ = 0;
    std::array<Log, max_words> logs_{};
};

} // namespace paravane::explorer
