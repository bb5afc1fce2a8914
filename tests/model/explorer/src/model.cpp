// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

namespace paravane::explorer {

namespace {
std::uint32_t size_of(const Words::Gap &gap)
{
    return gap.first > gap.last ? 0 : static_cast<std::uint32_t>(gap.last - gap.first + 1);
}

bool acquires(Order order)
{
    return order == Order::acquire || order == Order::acquire_release || order == Order::seq_cst;
}
} // namespace

void Model::reset(std::uint8_t threads, std::uint8_t word_count, std::uint8_t cell_count)
{
    count_ = threads;
    for (std::uint8_t number = 0; number < threads; number++) {
        threads_[number] = ThreadState{};
        threads_[number].current.epoch[number] = 1;
        threads_[number].history.add(number);
    }
    words.reset(word_count);
    cells.reset(cell_count);
    fences_ = View{};
    prophecy_count_ = 0;
    open_ = 0;
    new_early_reader_ = false;
}

// The only writer of a word has its stores in program order: the last place is the only one.
Words::Gap Model::store_gap(std::uint8_t word, std::uint8_t owner, std::uint8_t nth,
                            int after) const
{
    Words::Gap gap = words.gap(word, owner, nth, after);
    if (known_.single_writer(word) && gap.first < gap.last)
        gap.first = gap.last;
    return gap;
}

// In how many ways may this load read a store that is still to come?
std::uint32_t Model::futures(std::uint8_t thread, std::uint8_t word) const
{
    std::uint32_t ways = 0;
    if (words.full(word) || prophecy_count_ == prophecies_.size())
        return 0;
    for (const Expected &store : known_.expected(word)) {
        if (store.owner == thread || threads_[store.owner].finished ||
            store.nth <= words.stores_of(word, store.owner) ||
            words.prophesied(word, store.owner, store.nth) != nobody)
            continue;
        const int seen = words.position(word, threads_[thread].current);
        const int known = words.position(word, threads_[store.owner].current);
        ways += size_of(store_gap(word, store.owner, store.nth, seen > known ? seen : known));
    }
    return ways;
}

std::uint8_t Model::prophesy(std::uint8_t thread, std::uint8_t word, std::uint32_t pick)
{
    for (const Expected &store : known_.expected(word)) {
        if (store.owner == thread || threads_[store.owner].finished ||
            store.nth <= words.stores_of(word, store.owner) ||
            words.prophesied(word, store.owner, store.nth) != nobody)
            continue;
        const int seen = words.position(word, threads_[thread].current);
        const int known = words.position(word, threads_[store.owner].current);
        const Words::Gap gap = store_gap(word, store.owner, store.nth, seen > known ? seen : known);
        if (pick >= size_of(gap)) {
            pick -= size_of(gap);
            continue;
        }
        Message message;
        message.value = store.value;
        message.owner = store.owner;
        message.nth = store.nth;
        message.executed = false;
        const std::uint8_t number = words.insert(word, gap.first + static_cast<int>(pick), message);
        words.at(word, number).view.message[word] = number;
        open_ |= 1U << prophecy_count_;
        prophecies_[prophecy_count_++] = {word, number};
        return number;
    }
    return 0; // not reached: pick is below futures()
}

// An acquire load synchronises, so it waits for the store where an earlier, relaxed load of the
// thread has already read one to come; a relaxed load always goes on.
bool Model::may_load(std::uint8_t thread, std::uint8_t word, bool acquire) const
{
    const std::uint8_t oldest = words.position(word, threads_[thread].current);
    for (std::uint8_t at = oldest; acquire && at < words.messages(word); at++) {
        if (readable(thread, acquire, words.at(word, words.number_at(word, at))))
            return true;
    }
    return !acquire;
}

std::uint8_t Model::load(std::uint8_t thread, std::uint8_t word, bool acquire, bool prophecy)
{
    ThreadState &self = threads_[thread];
    self.read_words |= 1U << word;
    if (prophecy && !acquire && (early_readers_[word] >> thread & 1U) == 0) {
        early_readers_[word] = static_cast<std::uint8_t>(early_readers_[word] | 1U << thread);
        new_early_reader_ = true;
    }

    // Newest first, so that the first execution explored is the most ordinary one.
    std::array<std::uint8_t, max_messages> choices; // NOLINT(*-member-init): filled below
    std::uint32_t count = 0;
    const std::uint8_t oldest = words.position(word, self.current);
    for (std::uint8_t at = words.messages(word); at > oldest; at--) {
        const std::uint8_t number = words.number_at(word, static_cast<std::uint8_t>(at - 1));
        if (readable(thread, acquire, words.at(word, number)))
            choices[count++] = number;
    }
    const std::uint32_t ahead = prophecy && !acquire ? futures(thread, word) : 0;
    if (count + ahead == 0)
        return nobody;
    const std::uint32_t pick = trail_.choose(count + ahead);
    const std::uint8_t number = pick < count ? choices[pick] : prophesy(thread, word, pick - count);

    const Message &message = words.at(word, number);
    self.current.message[word] = number;
    self.read_message[word] = number;
    if (acquire) {
        words.join(self.current, message.view);
    } else if (message.executed) {
        words.join(self.acquirable, message.view);
    } else {
        for (std::uint8_t index = 0; index < prophecy_count_; index++) {
            if (prophecies_[index].word == word && prophecies_[index].number == number)
                self.unresolved |= 1U << index;
        }
    }
    return number;
}

void Model::fulfil(std::uint8_t word, std::uint8_t number)
{
    for (std::uint8_t index = 0; index < prophecy_count_; index++) {
        if (prophecies_[index].word != word || prophecies_[index].number != number)
            continue;
        const std::uint32_t bit = 1U << index;
        open_ &= ~bit;
        for (std::uint8_t reader = 0; reader < count_; reader++) {
            ThreadState &state = threads_[reader];
            if ((state.unresolved & bit) != 0)
                words.join(state.acquirable, words.at(word, number).view);
            state.unresolved &= ~bit;
        }
    }
}

bool Model::store(std::uint8_t thread, std::uint8_t word, std::uint32_t value, bool release)
{
    ThreadState &self = threads_[thread];
    words.count_store(word, thread);
    const std::uint8_t nth = words.stores_of(word, thread);
    const int seen = words.position(word, self.current);
    std::uint8_t number = words.prophesied(word, thread, nth);
    const bool was_prophesied = number != nobody;
    if (was_prophesied) {
        if (words.at(word, number).value != value || words.position(word, number) <= seen)
            return false;
    } else {
        const Words::Gap gap = store_gap(word, thread, nth, seen);
        if (gap.first > gap.last)
            return false;
        Message message;
        message.value = value;
        message.owner = thread;
        message.nth = nth;
        number =
            words.insert(word, gap.first + static_cast<int>(trail_.choose(size_of(gap))), message);
    }
    self.current.message[word] = number;
    Message &message = words.at(word, number);
    message.executed = true;
    message.view = release ? self.current : self.released;
    message.view.message[word] = number;
    if (release)
        self.current.epoch[thread]++;
    if (was_prophesied)
        fulfil(word, number);
    return true;
}

bool Model::may_fence(std::uint8_t thread, Order order) const
{
    return !acquires(order) || threads_[thread].unresolved == 0;
}

void Model::fence(std::uint8_t thread, Order order)
{
    ThreadState &self = threads_[thread];
    if (acquires(order))
        words.join(self.current, self.acquirable);
    if (order == Order::seq_cst) {
        words.join_messages(self.current, fences_);
        words.join_messages(fences_, self.current);
    }
    if (order == Order::release || order == Order::acquire_release || order == Order::seq_cst) {
        self.released = self.current;
        self.current.epoch[thread]++;
    }
}

std::uint32_t Model::outdated_words(std::uint8_t thread) const
{
    const ThreadState &self = threads_[thread];
    std::uint32_t outdated = 0;
    for (std::uint8_t word = 0; word < words.count(); word++) {
        if ((self.read_words >> word & 1U) != 0 &&
            words.position(word, self.read_message[word]) < words.position(word, self.current))
            outdated |= 1U << word;
    }
    return outdated;
}

// Is there an executed message of `word` newer than the thread's last reading? The oldest such that
// the thread may still read.
bool Model::news(std::uint8_t thread, std::uint8_t word, std::uint8_t &number) const
{
    const bool outdated = (outdated_words(thread) >> word & 1U) != 0;
    for (int at = words.position(word, threads_[thread].current) + (outdated ? 0 : 1);
         at < words.messages(word); at++) {
        number = words.number_at(word, static_cast<std::uint8_t>(at));
        if (words.at(word, number).executed)
            return true;
    }
    return false;
}

bool Model::may_spin(std::uint8_t thread) const
{
    std::uint8_t number = 0;
    for (std::uint8_t word = 0; word < words.count(); word++) {
        if ((threads_[thread].read_words >> word & 1U) != 0 && news(thread, word, number))
            return true;
    }
    return false;
}

std::uint8_t Model::spin(std::uint8_t thread)
{
    ThreadState &self = threads_[thread];
    std::array<std::uint8_t, max_words> changed{};
    std::array<std::uint8_t, max_words> message{};
    std::uint32_t count = 0;
    for (std::uint8_t word = 0; word < words.count(); word++) {
        if ((self.read_words >> word & 1U) == 0 || !news(thread, word, message[count]))
            continue;
        changed[count++] = word;
    }
    const std::uint32_t pick = trail_.choose(count);
    self.current.message[changed[pick]] = message[pick];
    self.read_words = 0;
    return changed[pick];
}

void Model::teach(Knowledge &knowledge) const
{
    for (std::uint8_t word = 0; word < words.count(); word++) {
        for (std::uint8_t number = 1; number < words.messages(word); number++) {
            const Message &message = words.at(word, number);
            knowledge.learn(word, {message.owner, message.nth, message.value});
        }
    }
}

} // namespace paravane::explorer
