// SPDX-License-Identifier: Apache-2.0
//
// A backend whose frontend is hostile.
#include <algorithm>

#include "flight.hpp"
#include "sides.hpp"

extern "C" {
#include <paravane/backend_queue.h>
}

using namespace paravane::fuzz;

std::vector<pv_rule> reachable_rules()
{
    return {PV_RULE_SLOTS,         PV_RULE_SLOT_SIZE,     PV_RULE_ALIGNMENT,
            PV_RULE_MEMORY,        PV_RULE_DEPTH,         PV_RULE_RESERVED_CONTROL,
            PV_RULE_PRODUCER_PAST, PV_RULE_PRODUCER_BACK, PV_RULE_CONSUMER_PAST,
            PV_RULE_CONSUMER_BACK, PV_RULE_STATE,         PV_RULE_REOPENED,
            PV_RULE_MOVED_CLOSED,  PV_RULE_REQUEST_ID,    PV_RULE_REQUEST_PENDING,
            PV_RULE_OPERATION,     PV_RULE_REQUEST_FLAGS, PV_RULE_REQUEST_RESERVED};
}

namespace {

struct Request {
    pv_request_head head;
    uint64_t rest[3];
};

struct Response {
    pv_response_head head;
    uint64_t rest;
};

class Backend {
  public:
    void attach(Input &input)
    {
        requests_.attach(input, sizeof(Request));
        responses_.attach(input, sizeof(Response));
        const uint32_t most = std::min(requests_.ring.slots(), responses_.ring.slots());
        const uint32_t depth = input.below(8) == 0 ? input.word() : 1 + input.below(16);
        protocol_.operations = input.byte() | static_cast<uint64_t>(input.byte()) << 56;
        protocol_.flags = input.byte();
        flight_.ids.clear();
        flight_.depth = depth >= 1 && depth <= most ? depth : 0;
        const pv_rule rule = pv_backend_queue_init(&queue_, depth, protocol_);
        require(rule == (flight_.depth != 0 ? PV_RULE_KEPT : PV_RULE_DEPTH), "a depth is checked");
        if (rule != PV_RULE_KEPT) {
            others_.count[rule]++;
            refusals[rule]++;
        }
        for (uint32_t logged = input.below(4); logged > 0; logged--)
            restore(flight_.guess(input));
        flight_.check(queue_.ids);
    }

    void step(Input &input)
    {
        switch (input.below(16)) {
        case 0:
        case 1:
            requests_.ring.peer_acts(input);
            break;
        case 2:
        case 3:
            responses_.ring.peer_acts(input);
            break;
        case 4:
        case 5:
        case 6:
            ask(input);
            break;
        case 7:
        case 8:
        case 9:
            take(input);
            break;
        case 10:
        case 11:
        case 12:
            respond(input);
            break;
        case 13:
            requests_.call(input);
            break;
        case 14:
            responses_.call(input);
            break;
        default:
            if (input.below(4) == 0)
                attach(input);
            break;
        }
        flight_.check(queue_.ids);
    }

    void end() { check_counts(violations_, {&requests_.ring, &responses_.ring}, others_); }

  private:
    void restore(uint32_t id)
    {
        const bool may = flight_.knows(id) && !flight_.holds(id);
        require(pv_backend_queue_restore(&queue_, id) == may, "a log that is wrong is refused");
        if (may)
            flight_.ids.insert(id);
    }

    // By the bytes that the backend has, never by those in the ring.
    [[nodiscard]] pv_rule judge(const unsigned char *bytes) const
    {
        const uint32_t id = bytes[0] | static_cast<uint32_t>(bytes[1]) << 8;
        if (!flight_.knows(id))
            return PV_RULE_REQUEST_ID;
        if (flight_.holds(id))
            return PV_RULE_REQUEST_PENDING;
        if (bytes[2] > 63 || (protocol_.operations >> bytes[2] & 1) == 0)
            return PV_RULE_OPERATION;
        if ((bytes[3] | protocol_.flags) != protocol_.flags)
            return PV_RULE_REQUEST_FLAGS;
        if (bytes[4] != 0 || bytes[5] != 0 || bytes[6] != 0 || bytes[7] != 0)
            return PV_RULE_REQUEST_RESERVED;
        return PV_RULE_KEPT;
    }

    void take(Input &input)
    {
        Request request = {};
        HostileRing &ring = requests_.ring;
        const bool fits = ring.slot_size() == sizeof(request);
        ring.begin(liar_of(input));
        const bool took = pv_backend_queue_take(&queue_, &request.head, sizeof(request));
        const uint32_t moved = ring.moved();
        const auto *bytes = reinterpret_cast<const unsigned char *>(&request);
        ring.end_move(moved, fits ? 1 : 0, bytes);
        const pv_rule rule = moved == 1 ? judge(bytes) : PV_RULE_KEPT;
        require(took == (moved == 1 && rule == PV_RULE_KEPT), "what breaks a rule is not taken");
        if (rule != PV_RULE_KEPT)
            ring.refuse(rule);
        if (took)
            flight_.ids.insert(pv_le16_get(request.head.id));
        ring.check(queue_.requests.side);
    }

    void respond(Input &input)
    {
        Response response = {};
        const uint32_t id = flight_.guess(input);
        // A request that was taken is released before any response.
        const bool may = flight_.holds(id) && requests_.ring.unshown() == 0 &&
                         responses_.ring.slot_size() == sizeof(response);
        response.head.id = pv_le16_of(static_cast<uint16_t>(id));
        response.rest = input.byte();
        responses_.ring.begin(liar_of(input));
        const bool put = pv_backend_queue_respond(&queue_, &response.head, sizeof(response));
        responses_.ring.end_move(put ? 1 : 0, may ? 1 : 0,
                                 reinterpret_cast<const unsigned char *>(&response));
        responses_.ring.check(queue_.responses.side);
        if (put)
            flight_.ids.erase(id);
    }

    void ask(Input &input)
    {
        Request request = {};
        request.head.id = pv_le16_of(static_cast<uint16_t>(flight_.guess(input)));
        request.head.operation = input.byte() & 7;
        switch (input.below(8)) {
        case 0:
            request.head.operation = static_cast<uint8_t>(request.head.operation + input.byte());
            break;
        case 1:
            request.head.flags = input.byte();
            break;
        case 2:
            request.head.reserved = pv_le32_of(input.word());
            break;
        default:
            request.head.flags = protocol_.flags;
            break;
        }
        requests_.ring.peer_puts(&request, sizeof(request));
    }

    pv_backend_queue queue_ = {};
    pv_protocol protocol_ = {};
    pv_violations violations_ = {};
    pv_violations others_ = {};
    ConsumerDriver requests_{queue_.requests, violations_};
    ProducerDriver responses_{queue_.responses, violations_};
    Flight flight_;
};

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input(data, size);
    Backend backend;

    backend.attach(input);
    while (!input.at_end())
        backend.step(input);
    backend.end();
    return 0;
}
