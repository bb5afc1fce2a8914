// SPDX-License-Identifier: Apache-2.0
//
// Breaks the rules of the store's streams, one way or another, and sees that the host refuses them and
// that the guest, which has done nothing else wrong, goes on.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/random_numbers.hpp"
#include "frontend-drivers/keel/start.hpp"
#include "frontend-drivers/store/client.hpp"

extern "C" {
#include <paravane/store.h>
#include <paravane/stream.h>
}

namespace keel::program {

namespace {

constexpr uint64_t patience = 20 * clock::second;

pv_shared word_of(uint64_t stream, std::size_t offset)
{
    return pv_shared_at(shared_at(start().store_area), static_cast<uint32_t>(stream + offset));
}

void set_requests_index(uint32_t index)
{
    pv_shared_store_release(word_of(PV_STORE_REQUESTS, offsetof(pv_ring_control, producer.index)),
                            index);
}

void fill_requests(const void *bytes, uint32_t count)
{
    pv_shared_copy_in(word_of(PV_STORE_REQUESTS, sizeof(pv_ring_control)), bytes, count);
    set_requests_index(count);
}

void garbage()
{
    RandomNumbers numbers(1);
    std::array<uint64_t, PV_STORE_STREAM_BYTES / 8> words{};

    for (uint64_t &word : words)
        word = numbers.next();
    fill_requests(words.data(), sizeof(words));
}

// A head that promises more than a message may hold.
void length()
{
    pv_store_request head = {};

    head.operation = pv_le16_of(PV_STORE_WRITE);
    head.length = pv_le32_of(UINT32_MAX);
    fill_requests(&head, sizeof(head));
}

void jump()
{
    set_requests_index(PV_STORE_STREAM_BYTES + 1);
}

void back()
{
    set_requests_index(UINT32_MAX);
}

void state()
{
    pv_shared_store_release(word_of(PV_STORE_REQUESTS, offsetof(pv_ring_control, producer.state)),
                            PV_RING_CLOSED + 1);
}

// A value, and so many that ask for it that the answers do not fit their stream.
void many_answers()
{
    constexpr uint32_t value = 4000;
    static constinit std::array<unsigned char, PV_STORE_STREAM_BYTES> bytes = {};
    uint32_t used = 0;

    for (uint32_t i = 0; i < 3 * PV_STORE_STREAM_BYTES / value; i++) {
        pv_store_encoder encoder = {};
        pv_store_begin(&encoder, &bytes[used], static_cast<uint32_t>(bytes.size()) - used,
                       i == 0 ? PV_STORE_WRITE : PV_STORE_READ, i, 0, 0);
        pv_store_put_string(&encoder, "x", 1);
        if (i == 0)
            pv_store_put_string(&encoder, bytes.data(), value);
        used += pv_store_finish(&encoder);
    }
    fill_requests(bytes.data(), used);
}

// Replies taken that were never given. The store looks when it needs room.
void replies()
{
    pv_shared_store_release(word_of(PV_STORE_REPLIES, offsetof(pv_ring_control, consumer.index)),
                            PV_STORE_STREAM_BYTES / 2);
    many_answers();
}

// Closes its ears with answers on their way, which is no rule broken.
void deaf()
{
    pv_shared_store_release(word_of(PV_STORE_REPLIES, offsetof(pv_ring_control, consumer.state)),
                            PV_RING_CLOSED);
    many_answers();
}

struct Way {
    std::string_view name;
    void (*go)();
    bool refused = true;
};

constexpr std::array<Way, 7> ways = {{
    {"garbage", garbage},
    {"length", length},
    {"jump", jump},
    {"back", back},
    {"state", state},
    {"replies", replies},
    {"deaf", deaf, false},
}};

bool closed()
{
    return pv_shared_load_acquire(word_of(
               PV_STORE_REQUESTS, offsetof(pv_ring_control, consumer.state))) == PV_RING_CLOSED;
}

bool hypercalls_work()
{
    const auto bound = events::bind_ipi(this_vcpu().id, {[](void *) {}, nullptr});

    return hypercall::version(PV_VERSION_ABI) == PV_ABI_VERSION && bound.good() &&
           events::close(bound.port) == 0;
}

uint32_t see_what_comes(bool refused)
{
    const uint64_t deadline = clock::now() + (refused ? patience : 2 * clock::second);

    (void)hypercall::send({start().store_port});
    while (!closed() && clock::now() < deadline)
        event_loop::sleep_until(clock::now() + 5 * clock::millisecond);
    if (closed() != refused) {
        print("store-hostile: the store {}", refused ? "goes on" : "is refused");
        return 1;
    }
    // Nobody listens any more, which is no harm to who sends.
    for (int i = 0; i < 100; i++)
        (void)hypercall::send({start().store_port});
    if (!hypercalls_work()) {
        print("store-hostile: the hypercalls do not work any more");
        return 1;
    }
    print("store-hostile: {}", refused ? "refused, and still here" : "not heard, and still here");
    return 0;
}

// The other way around: the store's own word, which it does not write again, is made one that no
// store writes.
uint32_t lying_host()
{
    store::Client &client = store::client();

    if (client.write("x", "before") != 0) {
        print("store-hostile: there is no store");
        return 1;
    }
    pv_shared_store_release(word_of(PV_STORE_REPLIES, offsetof(pv_ring_control, producer.state)),
                            PV_RING_CLOSED + 1);
    // It is looked at before each sleep; an answer that comes at once needs none.
    store::Error error = 0;
    for (int tries = 0; tries < 100 && error == 0; tries++)
        error = client.write("x", "after");
    if (error != store::error_ended || client.write("x", "later") != store::error_ended ||
        !hypercalls_work()) {
        print("store-hostile: a lying host is heard: error {}", error);
        return 1;
    }
    print("store-hostile: the host is not heard any more: {}", client.ended());
    return 0;
}

} // namespace

uint32_t store_hostile(Words arguments)
{
    if (arguments.size() == 1 && arguments[0] == "host")
        return lying_host();
    if (arguments.size() == 1) {
        for (const Way &way : ways) {
            if (way.name != arguments[0])
                continue;
            way.go();
            return see_what_comes(way.refused);
        }
    }
    print("store-hostile: give it one of garbage, length, jump, back, state, replies, deaf, host");
    return status_wrong_usage;
}

} // namespace keel::program
