// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/store_service.hpp"

#include <sys/eventfd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <paravane/layout.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

// So many turns for one guest before the loop sees to the others.
constexpr int turns_max = 16;

} // namespace

StoreService::StoreService(asio::io_context &loop, Store &store, DomainId domain,
                           SharedMemory memory, UniqueFd doorbell, UniqueFd event, Refused refused)
    : doorbell_(loop, doorbell.release()), event_(std::move(event)), memory_(std::move(memory)),
      // A watch that fires is looked at when the loop comes round: by our own doorbell.
      session_(store, domain, store_violations_,
               [this] { (void)eventfd_write(doorbell_.native_handle(), 1); }),
      refused_(std::move(refused))
{
    const uint64_t room = PV_STORE_AREA_SIZE - PV_STORE_REPLIES;
    // The guest may have run, and broken a rule, before we come to this.
    pv_rule rule = memory_.size() >= PV_STORE_AREA_SIZE ? PV_RULE_KEPT : PV_RULE_MEMORY;

    if (rule == PV_RULE_KEPT)
        rule = pv_stream_reader_attach(&requests_, memory_.at(PV_STORE_REQUESTS), PV_STORE_REPLIES,
                                       PV_STORE_STREAM_BYTES, 0, &ring_violations_);
    if (rule == PV_RULE_KEPT)
        rule = pv_stream_writer_attach(&replies_, memory_.at(PV_STORE_REPLIES), room,
                                       PV_STORE_STREAM_BYTES, 0, &ring_violations_);
    if (rule != PV_RULE_KEPT) {
        refusal_ = pv_rule_name(rule);
        refuse();
        return;
    }
    asio::co_spawn(loop, serve(), asio::detached);
}

StoreService::~StoreService()
{
    *there_ = false;
}

asio::awaitable<void> StoreService::serve()
{
    const std::shared_ptr<bool> there = there_;

    for (;;) {
        int turns = 0;
        while (turn() && ++turns < turns_max)
            ;
        if (!check()) {
            refuse();
            co_return;
        }
        if (turns == turns_max) {
            co_await asio::post(asio::use_awaitable);
            if (!*there)
                co_return;
            continue;
        }
        boost::system::error_code error;
        eventfd_t count = 0;
        co_await doorbell_.async_wait(asio::posix::stream_descriptor::wait_read,
                                      asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        (void)eventfd_read(doorbell_.native_handle(), &count);
    }
}

bool StoreService::turn()
{
    const bool took = take_requests();
    const bool put = put_replies();

    if (took || put)
        return true;
    // Asleep for input only if there is none that waits for room.
    const bool input_waits = input_begin_ < input_end_;
    const bool more_input = !input_waits && !pv_stream_reader_arm(&requests_, 1);
    const bool more_room =
        !session_.pending_output().empty() && !pv_stream_writer_arm(&replies_, 1);
    // There is nothing to do at once for a guest that has closed either stream: it hears no more.
    const bool closed =
        pv_stream_reader_ended(&requests_) || pv_stream_writer_peer_closed(&replies_);
    return check() && (more_input || more_room) && !closed;
}

bool StoreService::take_requests()
{
    if (input_begin_ == input_end_) {
        input_begin_ = 0;
        input_end_ =
            pv_stream_read(&requests_, input_.data(), static_cast<uint32_t>(input_.size()));
        if (input_end_ > 0 && pv_stream_release(&requests_))
            notify();
    }
    const std::size_t taken =
        session_.consume(std::span(input_).subspan(input_begin_, input_end_ - input_begin_));
    input_begin_ += taken;
    return taken > 0;
}

bool StoreService::put_replies()
{
    const std::span<const std::byte> output = session_.pending_output();
    const uint32_t put = output.empty() ? 0
                                        : pv_stream_write(&replies_, output.data(),
                                                          static_cast<uint32_t>(output.size()));
    if (put == 0)
        return false;
    session_.drain(put);
    if (pv_stream_publish(&replies_))
        notify();
    return true;
}

bool StoreService::check()
{
    if (pv_stream_reader_refused(&requests_) != PV_RULE_KEPT)
        refusal_ = pv_rule_name(pv_stream_reader_refused(&requests_));
    else if (pv_stream_writer_refused(&replies_) != PV_RULE_KEPT)
        refusal_ = pv_rule_name(pv_stream_writer_refused(&replies_));
    else if (session_.refused() != PV_STORE_RULE_KEPT)
        refusal_ = pv_store_rule_name(session_.refused());
    return refusal_.empty();
}

// What was answered can still be read; then the guest sees that no more will come.
void StoreService::refuse()
{
    while (put_replies())
        ;
    pv_stream_writer_close(&replies_);
    pv_stream_reader_close(&requests_);
    notify();
    if (refused_)
        refused_(refusal_);
}

void StoreService::notify()
{
    (void)eventfd_write(event_.get(), 1);
}

} // namespace paravane
