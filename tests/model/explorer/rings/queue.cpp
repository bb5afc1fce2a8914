// SPDX-License-Identifier: Apache-2.0
//
// A device queue: a request ring and a response ring, ids that return with the responses.
#include "world.hpp"

namespace paravane::explorer::rings {

namespace {
struct Request {
    pv_request_head head;
    std::uint64_t tag;
};
struct Response {
    pv_response_head head;
    std::uint64_t tag;
};
static_assert(sizeof(Request) == 16 && sizeof(Response) == 16);

constexpr std::uint32_t depth = 2;
constexpr pv_protocol protocol = {1U << 3, 0};
constexpr Port to_backend{0};
constexpr Port to_frontend{1};

Place requests;
Place responses;
struct Device {
    pv_frontend_queue frontend;
    pv_backend_queue backend;
    pv_violations frontend_violations;
    pv_violations backend_violations;
    std::uint32_t tag_of[depth]; // of the request in flight under an id
    std::uint32_t answered;
};
Device device;
Device first_device; // as on_start left it

void attach_device()
{
    format_ring(requests, wrap_start);
    format_ring(responses, 0xffffffffU);
    device = Device{};
    pv_frontend_queue &front = device.frontend;
    pv_backend_queue &back = device.backend;
    pv_producer_attach(&front.requests, requests.memory(), requests.bytes(), requests.geometry,
                       wrap_start, &device.frontend_violations);
    pv_consumer_attach(&front.responses, responses.memory(), responses.bytes(), responses.geometry,
                       0xffffffffU, &device.frontend_violations);
    pv_consumer_attach(&back.requests, requests.memory(), requests.bytes(), requests.geometry,
                       wrap_start, &device.backend_violations);
    pv_producer_attach(&back.responses, responses.memory(), responses.bytes(), responses.geometry,
                       0xffffffffU, &device.backend_violations);
    check(pv_frontend_queue_init(&front, depth) == PV_RULE_KEPT, "the frontend's queue begins");
    check(pv_backend_queue_init(&back, depth, protocol) == PV_RULE_KEPT,
          "the backend's queue begins");
    first_device = device;
}

bool good(const pv_producer &producer, const pv_consumer &consumer)
{
    const bool kept = pv_producer_refused(&producer) == PV_RULE_KEPT &&
                      pv_consumer_refused(&consumer) == PV_RULE_KEPT;
    check(kept, "an honest half is not refused");
    return kept;
}

std::uint32_t take_responses()
{
    std::uint32_t count = 0;
    Response response{};
    while (pv_frontend_queue_take(&device.frontend, &response.head, sizeof response)) {
        const std::uint32_t id = pv_le16_get(response.head.id);
        check(id < depth && device.tag_of[id % depth] == response.tag,
              "a response carries what was asked under its id");
        device.tag_of[id % depth] = 0;
        count++;
    }
    return count;
}

// `lazy`: it gives response slots back only when it can't go on.
void frontend(std::uint32_t total, bool lazy)
{
    pv_frontend_queue &queue = device.frontend;
    for (std::uint32_t sent = 0, received = 0; received < total;) {
        settle({bytes_of(sent), bytes_of(received), bytes_of(queue.requests),
                bytes_of(queue.responses), bytes_of(queue.ids.pending), bytes_of(queue.ids.hint),
                bytes_of(queue.ids.map[0]), bytes_of(device.tag_of)});
        while (sent < total) {
            Request request{};
            request.head.operation = 3;
            request.tag = 100 + sent;
            const std::uint32_t id = pv_frontend_queue_put(&queue, &request.head, sizeof request);
            if (id == PV_ID_NONE) {
                const pv_side &side = queue.responses.side;
                check(queue.ids.pending + (side.next - side.shown) >= depth,
                      "a free id finds a free slot");
                break;
            }
            check(id < depth && device.tag_of[id % depth] == 0,
                  "an id in flight is not given again");
            device.tag_of[id % depth] = static_cast<std::uint32_t>(request.tag);
            sent++;
        }
        if (pv_producer_publish(&queue.requests))
            notify(to_backend);
        const std::uint32_t count = take_responses();
        const bool held = queue.responses.side.next != queue.responses.side.shown;
        if (held && (count == 0 || !lazy))
            pv_consumer_release_quietly(&queue.responses);
        received += count;
        if (!good(queue.requests, queue.responses))
            return;
        if (count == 0 && !held && pv_consumer_arm(&queue.responses, 1)) {
            mark(consumer_slept);
            wait(to_frontend);
        }
    }
    check(queue.ids.pending == 0, "every id came back");
}

bool respond(const Request &request)
{
    Response response{};
    response.head.id = request.head.id;
    response.tag = request.tag;
    if (!pv_backend_queue_respond(&device.backend, &response.head, sizeof response))
        return false;
    device.answered++;
    return true;
}

// `hasty`: it tries to respond before it has given the slots of the requests back, which it may not.
void backend(std::uint32_t total, bool hasty)
{
    pv_backend_queue &queue = device.backend;
    while (device.answered < total) {
        settle({bytes_of(device.answered), bytes_of(queue.requests), bytes_of(queue.responses),
                bytes_of(queue.ids.pending), bytes_of(queue.ids.map[0])});
        std::array<Request, depth> batch{};
        std::uint32_t count = 0;
        while (count < depth && pv_backend_queue_take(&queue, &batch[count].head, sizeof(Request)))
            count++;
        if (!good(queue.responses, queue.requests))
            return;
        if (count == 0) {
            if (pv_consumer_arm(&queue.requests, 1)) {
                mark(producer_slept);
                wait(to_backend);
            }
            continue;
        }
        const bool backwards = count == 2 && choose(2) == 1;
        mark(backwards ? out_of_order : 0U);
        std::uint32_t done = 0;
        while (hasty && done < count && respond(batch[backwards ? count - 1 - done : done]))
            done++;
        if (done != 0 && pv_producer_publish(&queue.responses))
            notify(to_frontend);
        pv_consumer_release_quietly(&queue.requests);
        for (; done < count; done++)
            check(respond(batch[backwards ? count - 1 - done : done]),
                  "there is room for the response to every request in flight");
        if (pv_producer_publish(&queue.responses))
            notify(to_frontend);
    }
    check(queue.ids.pending == 0, "no request is left in flight");
}

void device_queue(Program &program)
{
    requests = {first_ring, {2, sizeof(Request)}};
    responses = {second_ring, {2, sizeof(Response)}};
    bare_program(program);
    declare_ring(program, requests, "request ");
    declare_ring(program, responses, "response ");
    also_at_start(attach_device);
    also_before_each([] { device = first_device; });
}

void request_response(Program &program)
{
    device_queue(program);
    program.thread("frontend", [] { frontend(3, false); });
    program.thread("backend", [] { backend(3, false); });
}

void late_releases(Program &program)
{
    device_queue(program);
    program.thread("frontend", [] { frontend(4, true); });
    program.thread("backend", [] { backend(4, true); });
}

// A backend that answers what it was not asked: each lie has its rule, and no lie frees an id.
void lying_backend(Program &program)
{
    device_queue(program);
    program.thread("frontend", [] {
        Request request{};
        request.head.operation = 3;
        pv_frontend_queue &queue = device.frontend;
        const std::uint32_t id = pv_frontend_queue_put(&queue, &request.head, sizeof request);
        pv_producer_publish_quietly(&queue.requests);
        Response response{};
        while (!pv_frontend_queue_take(&queue, &response.head, sizeof response)) {
            const pv_rule rule = pv_consumer_refused(&queue.responses);
            if (rule != PV_RULE_KEPT) {
                mark(was_refused);
                check(rule == world.taken, "a false response is refused by its own rule");
                check(pv_ids_pending(&queue.ids, id), "a false response frees no id");
                check(device.frontend_violations.count[rule] == 1, "a refusal is counted once");
                check(!pv_frontend_queue_take(&queue, &response.head, sizeof response),
                      "a refused ring gives nothing more");
                return;
            }
            spin();
        }
        mark(was_accepted);
        check(world.taken == PV_RULE_KEPT && queue.ids.pending == 0, "a true response is believed");
    });
    program.thread("backend", [] {
        static constexpr pv_rule rules[] = {PV_RULE_KEPT, PV_RULE_RESPONSE_ID,
                                            PV_RULE_RESPONSE_NOT_PENDING, PV_RULE_RESPONSE_STATUS,
                                            PV_RULE_RESPONSE_RESERVED};
        pv_backend_queue &queue = device.backend;
        Request request{};
        while (!pv_backend_queue_take(&queue, &request.head, sizeof request))
            spin();
        const std::uint32_t lie = choose(5);
        // Written by one thread, and read by the other after it has taken the response.
        world.taken = rules[lie];
        Response response{};
        response.head.id = request.head.id;
        if (lie == 1)
            response.head.id = pv_le16_of(depth);
        if (lie == 2)
            response.head.id = pv_le16_of(1);
        if (lie == 3)
            response.head.status = pv_le32_of(1);
        if (lie == 4)
            response.head.reserved = pv_le16_of(1);
        pv_producer_put(&queue.responses, &response, sizeof response, 1);
        pv_producer_publish_quietly(&queue.responses);
    });
}

// A frontend that sends one id twice, before the first was answered.
void lying_frontend(Program &program)
{
    device_queue(program);
    program.thread("frontend", [] {
        pv_frontend_queue &queue = device.frontend;
        Request request{};
        request.head.operation = 3;
        pv_producer_put(&queue.requests, &request, sizeof request, 1);
        if (pv_producer_publish(&queue.requests))
            notify(to_backend);
        pv_producer_put(&queue.requests, &request, sizeof request, 1);
        if (pv_producer_publish(&queue.requests))
            notify(to_backend);
    });
    program.thread("backend", [] {
        pv_backend_queue &queue = device.backend;
        Request request{};
        std::uint32_t count = 0;
        while (pv_consumer_refused(&queue.requests) == PV_RULE_KEPT && count < 3) {
            if (pv_backend_queue_take(&queue, &request.head, sizeof request)) {
                count++;
                pv_consumer_release_quietly(&queue.requests);
            } else if (pv_consumer_arm(&queue.requests, 1)) {
                wait(to_backend);
            }
        }
        mark(was_refused);
        check(count == 1 && pv_consumer_refused(&queue.requests) == PV_RULE_REQUEST_PENDING,
              "an id in flight is not accepted again");
    });
}
} // namespace

const std::vector<Scenario> &queue_scenarios()
{
    static const std::vector<Scenario> scenarios = {
        {"request-response",
         "id freed before its response is in its slot, id given twice, hint out of range, any of "
         "the wrong rings above",
         {"every-request-answered-once", "ids-in-flight-are-unique", "every-id-comes-back",
          "response-always-has-room", "no-lost-wakeup-request-response"},
         request_response,
         consumer_slept | producer_slept | out_of_order},
        {"late-releases",
         "response taken before the requests are released, unreleased responses not counted",
         {"free-id-finds-a-slot", "response-has-room-though-released-late"},
         late_releases,
         consumer_slept | producer_slept},
        {"lying-backend",
         "a dropped check of the response, an id freed before the check",
         {"false-response-refused-by-name", "false-response-frees-no-id"},
         lying_backend,
         was_refused | was_accepted},
        {"lying-frontend",
         "a dropped check that the id is free",
         {"request-id-twice-refused"},
         lying_frontend,
         was_refused},
    };
    return scenarios;
}

} // namespace paravane::explorer::rings
