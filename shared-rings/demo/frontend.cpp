// SPDX-License-Identifier: Apache-2.0
#include "frontend.hpp"

namespace paravane::demo {

pv_rule Frontend::attach()
{
    const QueuePlace &place = device_.place;
    const pv_shared requests = device_.memory.at(0);
    const pv_shared responses = device_.memory.at(place.responses_at());

    pv_ring_format(requests, pv_ring_bytes(place.requests()));
    pv_ring_format(responses, pv_ring_bytes(place.responses()));
    expected_.resize(place.slots);
    pv_rule rule = pv_producer_attach(&queue_.requests, requests, pv_ring_bytes(place.requests()),
                                      place.requests(), 0, &violations_);
    if (rule == PV_RULE_KEPT)
        rule = pv_consumer_attach(&queue_.responses, responses, pv_ring_bytes(place.responses()),
                                  place.responses(), 0, &violations_);
    return rule == PV_RULE_KEPT ? pv_frontend_queue_init(&queue_, place.slots) : rule;
}

uint32_t Frontend::ask()
{
    uint32_t count = 0;
    AddRequest request = {};

    for (;;) {
        request.tag = pv_le64_of(traffic_.asked);
        for (uint32_t i = 0; i < numbers_a_request; i++)
            request.numbers[i] = pv_le64_of((traffic_.asked + i) * 0x9e3779b97f4a7c15);
        const uint32_t id = pv_frontend_queue_put(&queue_, &request.head, sizeof(request));
        if (id == PV_ID_NONE)
            break;
        expected_[id] = sum_of(request);
        traffic_.asked++;
        count++;
    }
    if (count == 0)
        return 0;
    traffic_.publishes++;
    if (pv_producer_publish(&queue_.requests)) {
        traffic_.notifications++;
        device_.doorbell.notify();
    }
    return count;
}

uint32_t Frontend::take()
{
    uint32_t count = 0;
    AddResponse response = {};

    while (pv_frontend_queue_take(&queue_, &response.head, sizeof(response))) {
        const uint32_t id = pv_le16_get(response.head.id);

        if (pv_le32_get(response.head.status) != 0 || pv_le64_get(response.sum) != expected_[id])
            traffic_.wrong++;
        traffic_.answered++;
        count++;
    }
    if (count > 0 && pv_consumer_release(&queue_.responses))
        device_.doorbell.notify();
    return count;
}

bool Frontend::turn(bool ask_more, int milliseconds)
{
    const uint32_t asked = ask_more ? ask() : 0;

    if (take() + asked > 0)
        return true;
    if (refused() != PV_RULE_KEPT)
        return false;
    if (!pv_consumer_arm(&queue_.responses, 1))
        return true;
    traffic_.sleeps++;
    return device_.interrupt.wait(milliseconds);
}

void Frontend::close()
{
    pv_producer_close(&queue_.requests);
    device_.doorbell.notify();
}

pv_rule Frontend::refused() const
{
    const pv_rule rule = pv_producer_refused(&queue_.requests);
    return rule != PV_RULE_KEPT ? rule : pv_consumer_refused(&queue_.responses);
}

} // namespace paravane::demo
