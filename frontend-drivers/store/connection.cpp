// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/connection.hpp"

#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/start.hpp"

namespace keel::store {

namespace {

// So many before the loop sees to all else, of a store that has always more to say.
constexpr int turns_max = 64;
constexpr int callbacks_max = 16;

Port port()
{
    return {start().store_port};
}

} // namespace

Connection::Connection()
    : later_([](void *connection) { static_cast<Connection *>(connection)->tell(); }, this)
{
    attach();
    if (ended().empty())
        listen();
}

void Connection::attach()
{
    const pv_shared area = shared_at(start().store_area);
    const uint64_t room = start().store_bytes;

    if (port().value == 0 || port().value >= PV_PORTS || room < PV_STORE_AREA_SIZE)
        return end("the host offers none");
    pv_rule rule = pv_stream_writer_attach(
        &requests_, pv_shared_at(area, static_cast<uint32_t>(PV_STORE_REQUESTS)), PV_STORE_REPLIES,
        PV_STORE_STREAM_BYTES, 0, &violations_);
    if (rule == PV_RULE_KEPT)
        rule = pv_stream_reader_attach(
            &replies_, pv_shared_at(area, static_cast<uint32_t>(PV_STORE_REPLIES)),
            PV_STORE_AREA_SIZE - PV_STORE_REPLIES, PV_STORE_STREAM_BYTES, 0, &violations_);
    if (rule != PV_RULE_KEPT)
        end(pv_rule_name(rule));
}

void Connection::listen()
{
    events::handle(
        port(), {[](void *connection) { static_cast<Connection *>(connection)->serve(); }, this});
}

void Connection::notify()
{
    (void)hypercall::send(port());
}

void Connection::end(std::string_view reason)
{
    exchange_.end(reason);
    if (closed_)
        return;
    closed_ = true;
    pv_stream_writer_close(&requests_);
    pv_stream_reader_close(&replies_);
    if (port().value != 0)
        notify();
}

// Callbacks make calls, which turn the loop: not from within a handler of a port, but from a timer.
void Connection::serve()
{
    int turns = 0;

    while (turns < turns_max && turn())
        turns++;
    if (turns == turns_max || exchange_.watches().waiting())
        this_vcpu().timers.arm(later_, clock::now());
}

void Connection::tell()
{
    int told = 0;

    while (told < callbacks_max && exchange_.watches().tell_one())
        told++;
    serve();
}

bool Connection::turn()
{
    if (closed_)
        return false;
    const bool sent = send();
    if (receive() || sent)
        return check();
    const bool more_input =
        !pv_stream_reader_arm(&replies_, static_cast<uint32_t>(exchange_.input().size()));
    const bool more_room = !exchange_.output().empty() && !pv_stream_writer_arm(&requests_, 1);
    // Closed for requests, it may have answered earlier ones: those were read before.
    if (!more_input && !more_room && pv_stream_writer_peer_closed(&requests_))
        end("the store has closed the connection");
    return check() && (more_input || more_room);
}

bool Connection::send()
{
    const std::span<const unsigned char> output = exchange_.output();
    const uint32_t count = output.empty() ? 0
                                          : pv_stream_write(&requests_, output.data(),
                                                            static_cast<uint32_t>(output.size()));

    if (count == 0)
        return false;
    exchange_.sent(count);
    if (pv_stream_publish(&requests_))
        notify();
    return true;
}

bool Connection::receive()
{
    const std::span<unsigned char> input = exchange_.input();
    const uint32_t count =
        pv_stream_read(&replies_, input.data(), static_cast<uint32_t>(input.size()));

    if (count == 0)
        return false;
    if (pv_stream_release(&replies_))
        notify();
    exchange_.received(count);
    return true;
}

bool Connection::check()
{
    if (!ended().empty())
        end(ended());
    else if (pv_stream_reader_refused(&replies_) != PV_RULE_KEPT)
        end(pv_rule_name(pv_stream_reader_refused(&replies_)));
    else if (pv_stream_writer_refused(&requests_) != PV_RULE_KEPT)
        end(pv_rule_name(pv_stream_writer_refused(&requests_)));
    else if (pv_stream_reader_ended(&replies_))
        end("the store has closed the connection");
    return !closed_;
}

template <std::predicate Condition> void Connection::wait(const Condition &condition)
{
    const auto over = [&] { return !ended().empty() || condition(); };

    serve();
    if (!event_loop::run_until(over, clock::now() + patience))
        end("the store does not answer");
}

void Connection::submit(Call &call, const Request &request)
{
    if (!exchange_.ready())
        wait([&] { return exchange_.ready(); });
    exchange_.start(call, request);
    serve();
}

void Connection::finish(const Call &call)
{
    if (!call.done())
        wait([&] { return call.done(); });
}

} // namespace keel::store
