// SPDX-License-Identifier: Apache-2.0
//
// Both halves of a device queue as victims. The first target is the request ring.
#pragma once

#include <cstdint>
#include <vector>

#include "hostile_victims.hpp"

namespace paravane::stress {

class FrontendVictim final : public Victim {
  public:
    using Victim::Victim;

    void attach() override
    {
        pv_producer_attach(&queue_.requests, place_.ring(0), place_.bytes(0), place_.geometry(0),
                           place_.start, &violations_);
        pv_consumer_attach(&queue_.responses, place_.ring(1), place_.bytes(1), place_.geometry(1),
                           place_.start, &violations_);
        if (pv_frontend_queue_init(&queue_, place_.attack.depth) != PV_RULE_KEPT)
            fail("frontend: the depth was refused");
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override
    {
        return {&queue_.requests.side, &queue_.responses.side};
    }

    void step() override
    {
        const pv_side &requests = queue_.requests.side;
        const pv_side &responses = queue_.responses.side;
        const bool requests_were = refused(requests);
        const bool responses_were = refused(responses);
        switch (random_.below(8)) {
        case 0:
        case 1:
            while (put(requests_were)) {
            }
            break;
        case 2:
            silent(requests, requests_were, pv_producer_publish(&queue_.requests));
            break;
        case 3:
        case 4: {
            pv_blk_response response = {};
            const uint32_t flying = queue_.ids.pending;
            const bool taken = pv_frontend_queue_take(&queue_, &response.head, sizeof(response));
            bounded(responses, responses_were, taken ? 1 : 0, flying > 0 ? 1 : 0);
            break;
        }
        case 5:
            silent(responses, responses_were, pv_consumer_release(&queue_.responses));
            break;
        case 6:
            silent(responses, responses_were,
                   pv_consumer_arm(&queue_.responses, wanted(responses)));
            break;
        default:
            silent(requests, requests_were, pv_producer_peer_closed(&queue_.requests));
            break;
        }
    }

  private:
    bool put(bool were_refused)
    {
        pv_blk_request request = {};
        const uint32_t id = pv_frontend_queue_put(&queue_, &request.head, sizeof(request));
        if (id == PV_ID_NONE)
            return false;
        if (were_refused || id >= place_.attack.depth || queue_.ids.pending > queue_.ids.depth)
            fail("frontend: id %u of %u, %u in flight", id, place_.attack.depth,
                 queue_.ids.pending);
        return true;
    }

    pv_frontend_queue queue_ = {};
};

class BackendVictim final : public Victim {
  public:
    using Victim::Victim;

    static constexpr pv_protocol protocol = {0xf, 1};

    void attach() override
    {
        pv_consumer_attach(&queue_.requests, place_.ring(0), place_.bytes(0), place_.geometry(0),
                           place_.start, &violations_);
        pv_producer_attach(&queue_.responses, place_.ring(1), place_.bytes(1), place_.geometry(1),
                           place_.start, &violations_);
        if (pv_backend_queue_init(&queue_, place_.attack.depth, protocol) != PV_RULE_KEPT)
            fail("backend: the depth was refused");
    }
    [[nodiscard]] std::vector<const pv_side *> sides() const override
    {
        return {&queue_.requests.side, &queue_.responses.side};
    }

    void step() override
    {
        const pv_side &requests = queue_.requests.side;
        const pv_side &responses = queue_.responses.side;
        const bool requests_were = refused(requests);
        const bool responses_were = refused(responses);
        switch (random_.below(8)) {
        case 0:
        case 1:
            take(requests_were);
            break;
        case 2:
            silent(requests, requests_were, pv_consumer_release(&queue_.requests));
            break;
        case 3:
        case 4:
        case 5:
            while (respond(responses_were)) {
            }
            break;
        case 6:
            silent(responses, responses_were, pv_producer_publish(&queue_.responses));
            silent(requests, requests_were, pv_consumer_ended(&queue_.requests));
            break;
        default:
            silent(requests, requests_were, pv_consumer_arm(&queue_.requests, wanted(requests)));
            break;
        }
    }

  private:
    // What is taken is checked: it must be what the protocol offered, under an id of its own.
    void take(bool were_refused)
    {
        pv_blk_request request = {};
        if (!pv_backend_queue_take(&queue_, &request.head, sizeof(request)))
            return;
        const uint32_t id = pv_le16_get(request.head.id);
        if (were_refused || id >= place_.attack.depth || request.head.operation > 3 ||
            request.head.flags > 1 || pv_le32_get(request.head.reserved) != 0)
            fail("backend: a request with id %u, operation %u, flags %u got through", id,
                 request.head.operation, request.head.flags);
        for (const uint32_t other : pending_)
            if (other == id)
                fail("backend: id %u is in flight twice", id);
        pending_.push_back(id);
    }

    bool respond(bool were_refused)
    {
        if (pending_.empty())
            return false;
        pv_blk_response response = {};
        response.head.id = pv_le16_of(static_cast<uint16_t>(pending_.back()));
        if (!pv_backend_queue_respond(&queue_, &response.head, sizeof(response)))
            return false;
        if (were_refused)
            fail("backend: a response went into a refused ring");
        pending_.pop_back();
        return true;
    }

    pv_backend_queue queue_ = {};
    std::vector<uint32_t> pending_;
};

} // namespace paravane::stress
