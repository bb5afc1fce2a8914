// SPDX-License-Identifier: Apache-2.0
#include "hostile.hpp"

#include <array>
#include <cstdint>

#include <sys/wait.h>

#include "paravane/ring.hpp"
#include "paravane/shared_memory.hpp"

extern "C" {
#include "paravane/frontend_queue.h"
}

namespace paravane::demo {
namespace {

struct Message {
    uint64_t word[2];
};

constexpr uint32_t slots = 16;
constexpr uint32_t ring_bytes = PV_PAGE_SIZE;
constexpr uint32_t case_bytes = 2 * ring_bytes; // a device queue has two

// What the hostile process knows of the ring: everything.
struct Peer {
    pv_shared ring;

    void set(uint32_t offset, uint32_t value) const
    {
        pv_shared_store_release(pv_shared_at(ring, offset), value);
    }
    void send(const Message &message) const
    {
        pv_shared_copy_in(pv_ring_slot(ring, slots, sizeof(Message), 0), &message, sizeof(message));
        set(producer_index, 1);
    }

    static constexpr uint32_t producer_index = 0x000;
    static constexpr uint32_t producer_state = 0x004;
    static constexpr uint32_t consumer_index = 0x100;
};

using Mischief = void (*)(const Peer &);

struct Case {
    std::string_view what;
    pv_rule expected;
    Mischief mischief;
    pv_rule (*victim)(pv_shared ring, pv_violations &violations, Mischief mischief);
};

// Runs `mischief` in a process of its own, to its end.
bool in_other_process(const Peer &peer, Mischief mischief)
{
    const pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        mischief(peer);
        _exit(0);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

pv_rule as_consumer(pv_shared ring, pv_violations &violations, Mischief mischief)
{
    Consumer<Message> victim;
    std::array<Message, slots> messages = {};

    if (victim.attach({ring, ring_bytes, slots}, 0, violations) != PV_RULE_KEPT)
        return victim.refused();
    const auto three_messages = [](const Peer &peer) { peer.set(Peer::producer_index, 3); };
    if (!in_other_process({ring}, three_messages) || victim.take(messages) != 3 ||
        victim.release() || !in_other_process({ring}, mischief))
        return PV_RULE_KEPT;
    (void)victim.arm();
    return victim.refused();
}

pv_rule as_producer(pv_shared ring, pv_violations &violations, Mischief mischief)
{
    Producer<Message> victim;
    const std::array<Message, 3> messages = {};

    if (victim.attach({ring, ring_bytes, slots}, 0, violations) != PV_RULE_KEPT)
        return victim.refused();
    if (victim.put(messages) != 3 || victim.publish() || !in_other_process({ring}, mischief))
        return PV_RULE_KEPT;
    (void)victim.room();
    return victim.refused();
}

// Asks nothing, and is answered.
pv_rule as_frontend(pv_shared ring, pv_violations &violations, Mischief mischief)
{
    const pv_ring_geometry geometry = {slots, sizeof(Message)};
    pv_frontend_queue victim = {};
    std::array<pv_response_head, sizeof(Message) / sizeof(pv_response_head)> response = {};

    if (pv_producer_attach(&victim.requests, pv_shared_at(ring, ring_bytes), ring_bytes, geometry,
                           0, &violations) == PV_RULE_KEPT &&
        pv_consumer_attach(&victim.responses, ring, ring_bytes, geometry, 0, &violations) ==
            PV_RULE_KEPT &&
        pv_frontend_queue_init(&victim, slots) == PV_RULE_KEPT &&
        in_other_process({ring}, mischief))
        (void)pv_frontend_queue_take(&victim, response.data(), sizeof(response));
    return pv_consumer_refused(&victim.responses);
}

constexpr std::array cases = {
    Case{"moves its index 1000 slots ahead", PV_RULE_PRODUCER_PAST,
         [](const Peer &peer) { peer.set(Peer::producer_index, 1003); }, as_consumer},
    Case{"takes back what it published", PV_RULE_PRODUCER_BACK,
         [](const Peer &peer) { peer.set(Peer::producer_index, 1); }, as_consumer},
    Case{"is in a state that is none", PV_RULE_STATE,
         [](const Peer &peer) { peer.set(Peer::producer_state, 7); }, as_consumer},
    Case{"releases slots that were never filled", PV_RULE_CONSUMER_PAST,
         [](const Peer &peer) { peer.set(Peer::consumer_index, 4); }, as_producer},
    Case{"answers with an id beyond the queue", PV_RULE_RESPONSE_ID,
         [](const Peer &peer) {
             peer.send({{0xffff, 0}});
         },
         as_frontend},
    Case{"answers a question nobody asked", PV_RULE_RESPONSE_NOT_PENDING,
         [](const Peer &peer) {
             peer.send({{5, 0}});
         },
         as_frontend},
};

// One message through an honest ring that lies beside the hostile ones and shares their counters.
class Neighbour {
  public:
    Neighbour(pv_shared ring, pv_violations &violations)
        : good_(producer_.attach({ring, ring_bytes, slots}, 0, violations) == PV_RULE_KEPT &&
                consumer_.attach({ring, ring_bytes, slots}, 0, violations) == PV_RULE_KEPT)
    {
    }

    bool works()
    {
        const Message sent = {{++count_, ~count_}};
        Message got = {};

        if (!good_ || !producer_.put(sent))
            return false;
        producer_.publish_quietly();
        if (!consumer_.take(got))
            return false;
        consumer_.release_quietly();
        return got.word[0] == sent.word[0] && got.word[1] == sent.word[1];
    }

  private:
    Producer<Message> producer_;
    Consumer<Message> consumer_;
    bool good_;
    uint64_t count_ = 0;
};

} // namespace

std::vector<Verdict> try_hostile_peers()
{
    std::vector<Verdict> verdicts;
    std::error_code error;
    const SharedMemory memory =
        SharedMemory::create((cases.size() + 1) * case_bytes, SharedMemory::Pages::normal, error);
    if (error)
        return verdicts;

    pv_violations violations = {};
    Neighbour neighbour(memory.at(cases.size() * case_bytes), violations);

    for (size_t i = 0; i < cases.size(); i++) {
        const Case &tried = cases[i];
        const pv_rule refused = tried.victim(memory.at(i * case_bytes), violations, tried.mischief);
        const bool counted = violations.count[tried.expected] == 1;

        verdicts.push_back(
            {tried.what, tried.expected, counted ? refused : PV_RULE_KEPT, neighbour.works()});
    }
    return verdicts;
}

} // namespace paravane::demo
