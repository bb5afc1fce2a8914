// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/grant_table.hpp"

#include <algorithm>

namespace keel {

void GrantTable::set(pv_shared table, uint64_t entries)
{
    const Locked held(lock_);

    table_ = table;
    entries_ = static_cast<uint32_t>(std::min<uint64_t>(entries, PV_GRANT_ENTRIES));
}

pv_shared GrantTable::at(uint32_t number) const
{
    return pv_shared_at(table_, number * static_cast<uint32_t>(sizeof(pv_grant_entry)));
}

bool GrantTable::is(GrantRef grant, State state) const
{
    return grant.good() && grant.value < entries_ && states_[grant.value] == state;
}

uint32_t GrantTable::take()
{
    const Locked held(lock_);

    for (uint32_t tried = 1; tried < entries_; tried++) {
        const uint32_t number = next_;
        next_ = next_ + 1 < entries_ ? next_ + 1 : 1;
        if (states_[number] == State::free) {
            states_[number] = State::published;
            used_++;
            return number;
        }
    }
    return 0;
}

GrantRef GrantTable::publish(uint64_t first_frame, uint32_t frames, uint16_t domain, Access access)
{
    const uint32_t number = frames == 0 ? 0 : take();
    pv_grant_entry entry = {};

    if (number == 0)
        return {};
    entry.frames = pv_le32_of(frames);
    entry.first_frame = pv_le64_of(first_frame);
    // With a word of 0, which is what it is; then the word, which makes the rest count.
    pv_shared_copy_in(at(number), &entry, sizeof(entry));
    pv_shared_store_release(at(number), domain | PV_GRANT_VALID |
                                            (access == Access::write ? PV_GRANT_WRITABLE : 0));
    return {number};
}

bool GrantTable::withdraw(GrantRef grant)
{
    const Locked held(lock_);

    if (!is(grant, State::published))
        return false;
    states_[grant.value] = State::withdrawn;
    pv_shared_store_release(at(grant.value), 0);
    return true;
}

bool GrantTable::free(GrantRef grant)
{
    const Locked held(lock_);

    if (!is(grant, State::withdrawn))
        return false;
    states_[grant.value] = State::free;
    used_--;
    return true;
}

} // namespace keel
