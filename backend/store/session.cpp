// SPDX-License-Identifier: Apache-2.0
#include "backend/store/session.hpp"

#include <algorithm>
#include <utility>

namespace paravane {

StoreSession::StoreSession(Store &store, DomainId domain, pv_store_violations &violations,
                           std::function<void()> wake)
    : store_(store), domain_(domain), home_(store_home_prefix(domain)), violations_(violations),
      wake_(std::move(wake)), events_(store.limits().events)
{
}

StoreSession::~StoreSession()
{
    release_all();
}

void StoreSession::release_all()
{
    for (const auto &[cookie, watch] : watches_)
        store_.unwatch(watch.id);
    for (const TransactionId id : transactions_)
        static_cast<void>(store_.abort(domain_, id));
    watches_.clear();
    transactions_.clear();
    events_.clear();
}

size_t StoreSession::input_wanted() const
{
    if (input_.size() < sizeof(pv_store_request))
        return sizeof(pv_store_request) - input_.size();
    return sizeof(pv_store_request) + request_.length - input_.size();
}

bool StoreSession::input_whole() const
{
    return input_.size() >= sizeof(pv_store_request) && input_wanted() == 0;
}

// After each piece; a piece ends at the end of the head, or within it or the payload.
void StoreSession::check_input()
{
    pv_store_rule rule = PV_STORE_RULE_KEPT;
    const std::span<const std::byte> bytes(input_);

    if (input_.size() == sizeof(pv_store_request))
        rule = decode_head(bytes, request_);
    if (rule == PV_STORE_RULE_KEPT && input_whole())
        rule = decode_payload(bytes.subspan(sizeof(pv_store_request)), request_);
    if (rule != PV_STORE_RULE_KEPT)
        refuse(rule);
}

void StoreSession::refuse(pv_store_rule rule)
{
    refused_ = rule;
    violations_.count[rule]++;
    input_ = {};
    release_all();
}

size_t StoreSession::consume(std::span<const std::byte> bytes)
{
    size_t taken = 0;

    busy_ = true;
    progress();
    while (refused_ == PV_STORE_RULE_KEPT && taken < bytes.size() && !input_whole()) {
        const size_t count = std::min(input_wanted(), bytes.size() - taken);
        const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(taken);
        input_.insert(input_.end(), from, from + static_cast<std::ptrdiff_t>(count));
        taken += count;
        check_input();
        progress();
    }
    busy_ = false;
    return taken;
}

std::span<const std::byte> StoreSession::pending_output()
{
    busy_ = true;
    progress();
    busy_ = false;
    return outbox_.pending();
}

void StoreSession::drain(size_t count)
{
    outbox_.take(count);
    busy_ = true;
    progress();
    busy_ = false;
}

// A reply goes before events, so that no client waits behind its own watches; then events by turns, so
// that no client that keeps asking waits for them for ever.
void StoreSession::progress()
{
    if (refused_ == PV_STORE_RULE_KEPT && input_whole() && outbox_.has_room()) {
        answer_request();
        input_.clear();
    }
    while (!events_.empty() && outbox_.has_room())
        send_event();
}

void StoreSession::on_change(uint64_t cookie, const SharedPath &path)
{
    const bool silent = events_.empty() && outbox_.pending().empty();
    events_.push(cookie, path);
    if (silent && !busy_ && wake_)
        wake_();
}

void StoreSession::send_event()
{
    const EventQueue::Event &event = events_.front();
    const Watch &watch = watches_.at(event.cookie);
    std::string_view path = event.path == nullptr ? *watch.path : *event.path;
    if (watch.relative)
        path.remove_prefix(home_.size());

    pv_store_reply head = {};
    head.kind = pv_le16_of(PV_STORE_EVENT);
    head.argument = pv_le64_of(event.cookie);
    outbox_.begin(head);
    // A path is shorter than a payload.
    static_cast<void>(outbox_.put_string(path));
    outbox_.end(event.path == nullptr ? PV_STORE_FLAG_OVERFLOW : 0);
    events_.pop();
}

} // namespace paravane
