// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/watches.hpp"

#include <algorithm>

namespace keel::store {

uint64_t Watches::add(Watch &watch)
{
    watch.cookie_ = ++last_cookie_;
    watch.lost_ = false;
    watch.next_ = first_;
    first_ = &watch;
    return watch.cookie_;
}

void Watches::remove(Watch &watch)
{
    for (Watch **at = &first_; *at != nullptr; at = &(*at)->next_) {
        if (*at == &watch) {
            *at = watch.next_;
            break;
        }
    }
    watch.next_ = nullptr;
    watch.cookie_ = 0;
}

Watch *Watches::find(uint64_t cookie)
{
    for (Watch *watch = first_; watch != nullptr; watch = watch->next_) {
        if (watch->cookie_ == cookie)
            return watch;
    }
    return nullptr;
}

bool Watches::hold(uint64_t cookie, std::string_view path, bool lost)
{
    Watch *watch = find(cookie);

    if (watch == nullptr)
        return false;
    if (count_ == held_.size()) {
        watch->lost_ = true;
        return true;
    }
    Event &event = held_[(begin_ + count_) % held_.size()];
    event.cookie = cookie;
    event.length = std::min(path.size(), event.path.size());
    event.lost = lost;
    std::copy_n(path.data(), event.length, event.path.data());
    count_++;
    return true;
}

Watch *Watches::first_with_loss() const
{
    Watch *watch = first_;

    while (watch != nullptr && !watch->lost_)
        watch = watch->next_;
    return watch;
}

bool Watches::waiting() const
{
    return !telling_ && (count_ > 0 || first_with_loss() != nullptr);
}

bool Watches::tell_one()
{
    if (telling_)
        return false;
    telling_ = true;
    const bool told = count_ > 0 ? tell_of_event() : tell_of_loss();
    telling_ = false;
    return told;
}

bool Watches::tell_of_event()
{
    // It stays where it is during the callback. The watch may have ended meanwhile.
    const Event &event = held_[begin_];
    Watch *watch = find(event.cookie);

    if (watch != nullptr)
        watch->function_(watch->context_, {{event.path.data(), event.length}, event.lost});
    begin_ = (begin_ + 1) % held_.size();
    count_--;
    return true;
}

bool Watches::tell_of_loss()
{
    Watch *watch = first_with_loss();

    if (watch == nullptr)
        return false;
    watch->lost_ = false;
    watch->function_(watch->context_, {{}, true});
    return true;
}

} // namespace keel::store
