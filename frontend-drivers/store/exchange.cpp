// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/exchange.hpp"

#include <algorithm>
#include <bit>

#include "frontend-drivers/store/payload.hpp"
#include "frontend-drivers/store/permissions.hpp"

namespace keel::store {

namespace {

constexpr std::size_t head_bytes = sizeof(pv_store_reply);

} // namespace

Call::~Call()
{
    if (exchange_ != nullptr)
        exchange_->forget(*this);
}

void Exchange::start(Call &call, const Request &request)
{
    if (call.exchange_ != nullptr)
        forget(call);
    call.exchange_ = nullptr;
    call.done_ = true;
    call.error_ = error_ended;
    call.size_ = call.whole_ = 0;
    call.argument_ = 0;
    call.more_ = false;
    if (!ended_.empty())
        return;
    call.error_ = error_too_long;
    const std::size_t bytes = encode(request, last_id_ + 1);
    if (bytes == 0)
        return;

    Flight &flight = flights_[(begin_ + count_) % flights_.size()];
    flight.id = ++last_id_;
    flight.operation = request.operation;
    flight.call = &call;
    flight.after_length = 0;
    if (request.operation == PV_STORE_LIST) {
        flight.after_length = std::min(request.text.size(), flight.after.size());
        std::copy_n(request.text.data(), flight.after_length, flight.after.data());
    }
    count_++;
    sent_ = 0;
    filled_ = bytes;
    call.exchange_ = this;
    call.done_ = false;
    call.error_ = 0;
}

std::size_t Exchange::encode(const Request &request, uint32_t id)
{
    pv_store_encoder encoder = {};
    const auto put_string = [&](std::string_view text) {
        const auto count = std::min<std::size_t>(text.size(), UINT32_MAX);
        pv_store_put_string(&encoder, text.data(), static_cast<uint32_t>(count));
    };

    pv_store_begin(&encoder, out_.data(), static_cast<uint32_t>(out_.size()), request.operation, id,
                   request.transaction, request.argument);
    switch (request.operation) {
    case PV_STORE_HELLO: {
        const pv_store_hello hello = {pv_le32_of(PV_STORE_VERSION), pv_le32_of(0),
                                      pv_le64_of(PV_STORE_FEATURES)};
        pv_store_put_bytes(&encoder, &hello, sizeof(hello));
        break;
    }
    case PV_STORE_WRITE:
    case PV_STORE_LIST:
        put_string(request.path);
        put_string(request.text);
        break;
    case PV_STORE_READ:
    case PV_STORE_MKDIR:
    case PV_STORE_RM:
    case PV_STORE_GET_PERMISSIONS:
    case PV_STORE_WATCH:
        put_string(request.path);
        break;
    case PV_STORE_SET_PERMISSIONS: {
        const pv_store_permissions wire = on_wire(*request.permissions);
        put_string(request.path);
        pv_store_put_bytes(&encoder, &wire, sizeof(wire));
        break;
    }
    default:
        break;
    }
    return pv_store_finish(&encoder);
}

std::span<const unsigned char> Exchange::output() const
{
    return std::span(out_).first(filled_).subspan(sent_);
}

std::span<unsigned char> Exchange::input()
{
    const std::size_t whole = got_ < head_bytes ? head_bytes : head_bytes + head_.length;

    return std::span(in_).first(whole).subspan(got_);
}

void Exchange::received(std::size_t count)
{
    got_ += count;
    if (!ended_.empty() || got_ < head_bytes)
        return;
    if (got_ == head_bytes) {
        pv_store_reply wire = {};
        std::copy_n(in_.data(), head_bytes, std::bit_cast<unsigned char *>(&wire));
        const pv_store_rule rule = pv_store_reply_check(&wire, &head_);
        if (rule != PV_STORE_RULE_KEPT)
            return end(pv_store_rule_name(rule));
    }
    if (got_ < head_bytes + head_.length)
        return;
    take_message();
    got_ = 0;
}

void Exchange::take_message()
{
    const auto payload = std::span<const unsigned char>(in_).subspan(head_bytes, head_.length);

    if (head_.kind == PV_STORE_EVENT)
        take_event(payload);
    else
        take_reply(payload);
}

void Exchange::take_event(std::span<const unsigned char> payload)
{
    std::string_view path;

    if (!only_string(payload, path) || path.empty() || path.size() > PV_STORE_PATH_MAX)
        end("a path not well formed");
    else if (!watches_.hold(head_.argument, path, (head_.flags & PV_STORE_FLAG_OVERFLOW) != 0))
        end("an event of no watch");
}

void Exchange::take_reply(std::span<const unsigned char> payload)
{
    if (count_ == 0 || flights_[begin_].id != head_.id)
        return end("a reply to no request, or out of order");
    const Flight &flight = flights_[begin_];
    const std::string_view after(flight.after.data(), flight.after_length);
    std::string_view broken;

    if (head_.error == 0)
        broken = check_reply(flight.operation, after, head_, payload);
    else if (head_.flags != 0 || head_.argument != 0 || head_.length != 0)
        broken = "more than a status in a refusal";
    if (!broken.empty())
        return end(broken);
    if (flight.call != nullptr)
        finish(*flight.call, payload, flight.operation);
    begin_ = (begin_ + 1) % flights_.size();
    count_--;
}

void Exchange::finish(Call &call, std::span<const unsigned char> payload,
                      pv_store_operation operation) const
{
    std::string_view text(std::bit_cast<const char *>(payload.data()), payload.size());

    if (operation == PV_STORE_READ && head_.error == 0)
        (void)only_string(payload, text);
    call.exchange_ = nullptr;
    call.done_ = true;
    call.error_ = head_.error;
    call.argument_ = head_.argument;
    call.more_ = (head_.flags & PV_STORE_FLAG_MORE) != 0;
    call.whole_ = text.size();
    if (text.size() > call.into_.size()) {
        call.error_ = error_no_room;
        return;
    }
    call.size_ = text.size();
    std::copy_n(text.data(), text.size(), call.into_.data());
}

void Exchange::end(std::string_view reason)
{
    if (!ended_.empty())
        return;
    ended_ = reason;
    sent_ = filled_ = got_ = 0;
    for (; count_ > 0; count_--, begin_ = (begin_ + 1) % flights_.size()) {
        Call *call = flights_[begin_].call;
        if (call == nullptr)
            continue;
        call->exchange_ = nullptr;
        call->done_ = true;
        call->error_ = error_ended;
    }
}

void Exchange::forget(const Call &call)
{
    for (Flight &flight : flights_) {
        if (flight.call == &call)
            flight.call = nullptr;
    }
}

} // namespace keel::store
