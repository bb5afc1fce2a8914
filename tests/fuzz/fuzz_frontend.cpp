// SPDX-License-Identifier: Apache-2.0
//
// A frontend whose backend is hostile.
#include <algorithm>

#include "flight.hpp"
#include "sides.hpp"

extern "C" {
#include <paravane/frontend_queue.h>
}

using namespace paravane::fuzz;

std::vector<pv_rule> reachable_rules()
{
    return {PV_RULE_SLOTS,
            PV_RULE_SLOT_SIZE,
            PV_RULE_ALIGNMENT,
            PV_RULE_MEMORY,
            PV_RULE_DEPTH,
            PV_RULE_RESERVED_CONTROL,
            PV_RULE_PRODUCER_PAST,
            PV_RULE_PRODUCER_BACK,
            PV_RULE_CONSUMER_PAST,
            PV_RULE_CONSUMER_BACK,
            PV_RULE_STATE,
            PV_RULE_REOPENED,
            PV_RULE_MOVED_CLOSED,
            PV_RULE_RESPONSE_ID,
            PV_RULE_RESPONSE_NOT_PENDING,
            PV_RULE_RESPONSE_STATUS,
            PV_RULE_RESPONSE_RESERVED};
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

class Frontend {
  public:
    void attach(Input &input)
    {
        requests_.attach(input, sizeof(Request));
        responses_.attach(input, sizeof(Response));
        const uint32_t most = std::min(requests_.ring.slots(), responses_.ring.slots());
        const uint32_t depth = input.below(8) == 0 ? input.word() : 1 + input.below(16);
        flight_.ids.clear();
        flight_.depth = depth >= 1 && depth <= most ? depth : 0;
        const pv_rule rule = pv_frontend_queue_init(&queue_, depth);
        require(rule == (flight_.depth != 0 ? PV_RULE_KEPT : PV_RULE_DEPTH), "a depth is checked");
        if (rule != PV_RULE_KEPT) {
            others_.count[rule]++;
            refusals[rule]++;
        }
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
            answer(input);
            break;
        case 7:
        case 8:
        case 9:
            put(input);
            break;
        case 10:
        case 11:
        case 12:
            take(input);
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
    void put(Input &input)
    {
        Request request = {};
        // A response that was taken holds its slot until it is released.
        const bool may = flight_.ids.size() + responses_.ring.unshown() < flight_.depth &&
                         requests_.ring.slot_size() == sizeof(request);
        request.rest[0] = input.byte();
        requests_.ring.begin(liar_of(input));
        const uint32_t id = pv_frontend_queue_put(&queue_, &request.head, sizeof(request));
        requests_.ring.end_move(id != PV_ID_NONE ? 1 : 0, may ? 1 : 0,
                                reinterpret_cast<const unsigned char *>(&request));
        requests_.ring.check(queue_.requests.side);
        if (id == PV_ID_NONE)
            return;
        require(flight_.knows(id) && !flight_.holds(id), "an id is known and was free");
        require(pv_le16_get(request.head.id) == id, "and stands in the request");
        flight_.ids.insert(id);
    }

    // By the bytes that the frontend has, never by those in the ring.
    [[nodiscard]] pv_rule judge(const unsigned char *bytes) const
    {
        const uint32_t id = bytes[0] | static_cast<uint32_t>(bytes[1]) << 8;
        const int64_t status = static_cast<int32_t>(
            bytes[4] | static_cast<uint32_t>(bytes[5]) << 8 |
            static_cast<uint32_t>(bytes[6]) << 16 | static_cast<uint32_t>(bytes[7]) << 24);
        if (!flight_.knows(id))
            return PV_RULE_RESPONSE_ID;
        if (!flight_.holds(id))
            return PV_RULE_RESPONSE_NOT_PENDING;
        if (status > 0 || status < -4095)
            return PV_RULE_RESPONSE_STATUS;
        if (bytes[2] != 0 || bytes[3] != 0)
            return PV_RULE_RESPONSE_RESERVED;
        return PV_RULE_KEPT;
    }

    void take(Input &input)
    {
        Response response = {};
        HostileRing &ring = responses_.ring;
        const bool fits = ring.slot_size() == sizeof(response);
        ring.begin(liar_of(input));
        const bool took = pv_frontend_queue_take(&queue_, &response.head, sizeof(response));
        const uint32_t moved = ring.moved();
        const auto *bytes = reinterpret_cast<const unsigned char *>(&response);
        ring.end_move(moved, fits ? 1 : 0, bytes);
        const pv_rule rule = moved == 1 ? judge(bytes) : PV_RULE_KEPT;
        require(took == (moved == 1 && rule == PV_RULE_KEPT), "what breaks a rule is not taken");
        if (rule != PV_RULE_KEPT)
            ring.refuse(rule);
        if (took)
            flight_.ids.erase(pv_le16_get(response.head.id));
        ring.check(queue_.responses.side);
    }

    void answer(Input &input)
    {
        Response response = {};
        response.head.id = pv_le16_of(static_cast<uint16_t>(flight_.guess(input)));
        switch (input.below(8)) {
        case 0:
            response.head.status = pv_le32_of(input.word());
            break;
        case 1:
            response.head.status = pv_le32_of(input.step() - 4095);
            break;
        case 2:
            response.head.reserved = pv_le16_of(input.byte());
            break;
        default:
            break;
        }
        responses_.ring.peer_puts(&response, sizeof(response));
    }

    pv_frontend_queue queue_ = {};
    pv_violations violations_ = {};
    pv_violations others_ = {};
    ProducerDriver requests_{queue_.requests, violations_};
    ConsumerDriver responses_{queue_.responses, violations_};
    Flight flight_;
};

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input(data, size);
    Frontend frontend;

    frontend.attach(input);
    while (!input.at_end())
        frontend.step(input);
    frontend.end();
    return 0;
}
