// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/arena.hpp"

namespace keel {

void Arena::set(GuestAddress base, uint64_t bytes, std::span<uint64_t> marks)
{
    const Locked held(lock_);

    base_ = base;
    marks_ = marks;
    pages_ = marks.size() < words_for(bytes) ? marks.size() * word_bits : bytes / page;
    free_pages_ = pages_;
}

bool Arena::marked(uint64_t number) const
{
    return (marks_[number / word_bits] >> (number % word_bits) & 1) != 0;
}

void Arena::mark(uint64_t first, uint64_t count, bool taken)
{
    for (uint64_t number = first; number < first + count; number++) {
        const uint64_t bit = uint64_t{1} << (number % word_bits);
        uint64_t &word = marks_[number / word_bits];
        word = taken ? word | bit : word & ~bit;
    }
    free_pages_ = taken ? free_pages_ - count : free_pages_ + count;
}

uint64_t Arena::find(uint64_t wanted) const
{
    uint64_t run = 0;

    for (uint64_t number = 0; number < pages_; number++) {
        if (number % word_bits == 0 && marks_[number / word_bits] == UINT64_MAX) {
            run = 0;
            number += word_bits - 1;
            continue;
        }
        run = marked(number) ? 0 : run + 1;
        if (run == wanted)
            return number + 1 - wanted;
    }
    return pages_;
}

Arena::Run Arena::allocate(uint64_t pages)
{
    const Locked held(lock_);

    if (pages == 0 || pages > free_pages_)
        return {};
    const uint64_t first = find(pages);
    if (first == pages_)
        return {};
    mark(first, pages, true);
    return {{base_.value + first * page}, pages};
}

bool Arena::release(const Run &run)
{
    const Locked held(lock_);
    const uint64_t offset = run.base.value - base_.value;
    const uint64_t first = offset / page;

    if (run.pages == 0 || offset % page != 0 || first >= pages_ || run.pages > pages_ - first)
        return false;
    for (uint64_t number = first; number < first + run.pages; number++) {
        if (!marked(number))
            return false;
    }
    mark(first, run.pages, false);
    return true;
}

} // namespace keel
