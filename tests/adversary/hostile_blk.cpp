// SPDX-License-Identifier: Apache-2.0
//
// paravane-test-hostile-blk: lies beside a copy of paravane, named paravane-blk, and is started in that one's
// place. So often as it is told to it does to a guest whatever a backend that was taken over could do; after
// that it becomes the true one. Told by its environment:
//   PARAVANE_TEST_WAY     what to do; one of ways_of(), below
//   PARAVANE_TEST_TIMES   how often
//   PARAVANE_TEST_STARTS  a file that is one byte longer after each start
//   PARAVANE_TEST_TRUE    the true backend's path
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/blk/log.hpp"
#include "backend/engine/connection.hpp"
#include "backend/engine/control.hpp"

extern "C" {
#include <paravane/backend_queue.h>
#include <paravane/blk.h>
}

namespace {

using namespace paravane;

constexpr int supervisor_fd = 3;
constexpr DeviceShape shape = {
    .offer = {1, PV_BLK_VERSION, PV_BLK_FEATURES},
    .rings_min = 2,
    .rings_max = 2 * PV_BLK_QUEUES_LIMIT,
    .ports_min = 1,
    .ports_max = PV_BLK_QUEUES_LIMIT,
    .descriptors_min = 0,
    .descriptors_max = 8,
};

[[noreturn]] void fail(const char *why)
{
    std::fprintf(stderr, "paravane-test-hostile-blk: %s\n", why);
    std::_Exit(1);
}

std::string told(const char *name)
{
    const char *const value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

// The supervisor has enough of it.
[[noreturn]] void leave(Control &control)
{
    while (control.receive() == Control::Word::none)
        ;
    control.say_disconnected();
    std::_Exit(0);
}

bool is_to_leave(const Control &control)
{
    pollfd word = {control.descriptor(), POLLIN, 0};
    return poll(&word, 1, 0) > 0;
}

// Counts this start, and says how many there were before.
long earlier_starts()
{
    const UniqueFd file(open(told("PARAVANE_TEST_STARTS").c_str(),
                             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    struct stat status = {};

    if (!file || fstat(file.get(), &status) != 0 || write(file.get(), "x", 1) != 1)
        fail("its starts cannot be counted");
    return status.st_size;
}

[[noreturn]] void become_true()
{
    std::string path = told("PARAVANE_TEST_TRUE");
    std::array<char *, 2> arguments = {path.data(), nullptr};

    execv(path.c_str(), arguments.data());
    fail("there is no true backend");
}

// The first queue of a connection, and the guest behind it.
class Victim {
  public:
    Victim(Connection connection, Control &control)
        : connection_(std::move(connection)), control_(control)
    {
        slots_ = connection_.rings.at(0).size;
        requests_ = ring(0, sizeof(pv_blk_request));
        responses_ = ring(1, sizeof(pv_blk_response));
        if (pv_consumer_attach(&queue_.requests, requests_.place(), requests_.bytes(),
                               {slots_, sizeof(pv_blk_request)}, 0, &violations_) != PV_RULE_KEPT ||
            pv_producer_attach(&queue_.responses, responses_.place(), responses_.bytes(),
                               {slots_, sizeof(pv_blk_response)}, 0, &violations_) != PV_RULE_KEPT)
            fail("the rings are not good");
    }

    [[nodiscard]] uint32_t slots() const { return slots_; }
    [[nodiscard]] pv_shared requests() const { return requests_.place(); }
    [[nodiscard]] pv_shared responses() const { return responses_.place(); }
    [[nodiscard]] uint64_t response_bytes() const { return responses_.bytes(); }
    [[nodiscard]] Connection &connection() { return connection_; }

    void notify() const
    {
        const uint64_t one = 1;
        (void)!write(connection_.ports.at(0).event.get(), &one, sizeof(one));
    }
    // The next request; waits for it. Its slot is not given back.
    pv_blk_request take()
    {
        pv_blk_request request = {};

        while (pv_consumer_take(&queue_.requests, &request, sizeof(request), 1) == 0) {
            if (is_to_leave(control_))
                leave(control_);
            usleep(100);
        }
        return request;
    }
    void say(const pv_blk_response &response)
    {
        (void)pv_producer_put(&queue_.responses, &response, sizeof(response), 1);
        (void)pv_producer_publish(&queue_.responses);
        notify();
    }
    void answer(uint32_t id, int32_t status = 0) { say(response_to(id, status)); }
    // Puts them all before one is to be seen.
    void answer_often(uint32_t id, uint32_t times)
    {
        const pv_blk_response response = response_to(id, 0);

        for (uint32_t i = 0; i < times; i++)
            (void)pv_producer_put(&queue_.responses, &response, sizeof(response), 1);
        (void)pv_producer_publish(&queue_.responses);
        notify();
    }
    // Where offsetof(pv_ring_control, ...) says.
    void scribble(pv_shared ring, std::size_t offset, uint32_t value) const
    {
        pv_shared_store_release(pv_shared_at(ring, static_cast<uint32_t>(offset)), value);
        notify();
    }
    static pv_blk_response response_to(uint32_t id, int32_t status)
    {
        pv_blk_response response = {};
        response.head.id = pv_le16_of(static_cast<uint16_t>(id));
        response.head.status = pv_le32_of(static_cast<uint32_t>(status));
        return response;
    }

  private:
    Pinned ring(std::size_t number, uint32_t slot_size)
    {
        const RingPlace &place = connection_.rings.at(number);
        const uint64_t bytes = pv_ring_bytes({place.size, slot_size});
        PinResult pinned = connection_.memory->pin({place.grant, place.offset, bytes},
                                                   GrantAccess::write, PV_RING_LINE);

        if (!pinned)
            fail(name_of(pinned.error()));
        return std::move(*pinned);
    }

    Connection connection_;
    Control &control_;
    uint32_t slots_ = 0;
    Pinned requests_;
    Pinned responses_;
    pv_backend_queue queue_{};
    pv_violations violations_{};
};

// ---- the ways ----

using Way = std::function<void(Victim &)>;

Way says(pv_blk_response response)
{
    return [response](Victim &victim) {
        (void)victim.take();
        victim.say(response);
    };
}

Way answers(uint32_t id, int32_t status)
{
    return says(Victim::response_to(id, status));
}

Way scribbles(bool into_responses, std::size_t offset, uint32_t value)
{
    return [=](Victim &victim) {
        (void)victim.take();
        victim.scribble(into_responses ? victim.responses() : victim.requests(), offset, value);
    };
}

pv_blk_response with_reserved(bool of_head)
{
    pv_blk_response response = {};

    if (of_head)
        response.head.reserved = pv_le16_of(1);
    else
        response.reserved = pv_le64_of(uint64_t{1} << 63);
    return response;
}

void answers_past_the_depth(Victim &victim)
{
    (void)victim.take();
    victim.answer(victim.slots());
}

// The guest keeps fewer in flight than there are slots, and uses the lowest ids.
void answers_what_was_not_asked(Victim &victim)
{
    (void)victim.take();
    victim.answer(victim.slots() - 1);
}

// As often as fit. In the meantime the guest may ask for something else under that id, but not as often.
void answers_again_and_again(Victim &victim)
{
    victim.answer_often(pv_le16_get(victim.take().head.id), victim.slots());
}

// Answers, and gives no slot back, until the guest looks for one.
void takes_back_slots(Victim &victim, uint32_t index)
{
    for (uint32_t i = 0; i < victim.slots(); i++) {
        const pv_blk_request request = victim.take();
        if (i == 0)
            victim.scribble(victim.requests(), offsetof(pv_ring_control, consumer.index), index);
        victim.answer(pv_le16_get(request.head.id));
    }
}

void goes_back(Victim &victim)
{
    takes_back_slots(victim, UINT32_MAX);
}

void goes_past(Victim &victim)
{
    takes_back_slots(victim, 0x1000);
}

// Nothing that the guest could take for an answer, and all else.
void writes_anything_anywhere(Victim &victim)
{
    std::mt19937 random(1);

    (void)victim.take();
    for (uint32_t at = sizeof(pv_ring_control); at + 4 <= victim.response_bytes(); at += 4)
        pv_shared_store_relaxed(pv_shared_at(victim.responses(), at),
                                static_cast<uint32_t>(random()) | 0x00010000U);
    for (int turn = 0; turn < 20'000; turn++) {
        const pv_shared ring = turn % 2 == 0 ? victim.responses() : victim.requests();
        const auto at = static_cast<uint32_t>(random() % (sizeof(pv_ring_control) / 4) * 4);
        pv_shared_store_relaxed(pv_shared_at(ring, at), static_cast<uint32_t>(random()));
        if (turn % 100 == 0)
            victim.notify();
    }
    victim.notify();
}

void does_nothing(Victim & /*victim*/)
{
}

void floods(Victim &victim)
{
    for (int turn = 0; turn < 200'000; turn++)
        victim.notify();
    std::_Exit(0);
}

void dies(Victim & /*victim*/)
{
    std::_Exit(7);
}

// So that its successor finds nonsense, for all of which there is somebody to blame: itself.
void spoils_its_log(Victim &victim)
{
    (void)victim.take();
    auto log = blk::Log::adopt(std::move(victim.connection().descriptors.at(0)));
    if (!log)
        fail("no log");
    for (uint32_t id = 0; id < log->depth(); id++) {
        std::memset(static_cast<void *>(&log->entry(0, id)), 0xff, sizeof(blk::Entry));
        log->entry(0, id).state = blk::EntryState::answered;
    }
    log->queue(0).requests_taken = 0x80000000U;
    log->queue(0).responses_given = 0x80000001U;
    std::_Exit(0);
}

struct Named {
    std::string_view name;
    Way way;
};

std::vector<Named> ways_of()
{
    return {
        {"unknown-id", answers_past_the_depth},
        {"idle-id", answers_what_was_not_asked},
        {"twice", answers_again_and_again},
        {"status-above", answers(0, 1)},
        {"status-below", answers(0, -PV_STATUS_ERROR_MAX - 1)},
        {"reserved-head", says(with_reserved(true))},
        {"reserved", says(with_reserved(false))},
        {"producer-past", scribbles(true, offsetof(pv_ring_control, producer.index), 0x1000)},
        {"producer-back", scribbles(true, offsetof(pv_ring_control, producer.index), UINT32_MAX)},
        {"producer-state", scribbles(true, offsetof(pv_ring_control, producer.state), 2)},
        {"closed", scribbles(true, offsetof(pv_ring_control, producer.state), PV_RING_CLOSED)},
        {"consumer-past", goes_past},
        {"consumer-back", goes_back},
        {"anything", writes_anything_anywhere},
        {"silent", does_nothing},
        {"deaf", does_nothing},
        {"floods", floods},
        {"dies", dies},
        {"log", spoils_its_log},
    };
}

} // namespace

int main()
{
    const std::string name = told("PARAVANE_TEST_WAY");
    const long times = std::strtol(told("PARAVANE_TEST_TIMES").c_str(), nullptr, 10);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (earlier_starts() >= times)
        become_true();
    for (const Named &named : ways_of()) {
        if (named.name != name)
            continue;
        auto connection = Connection::receive(supervisor_fd, shape);
        if (!connection)
            fail(connection.error().text.c_str());
        if (!connection->refusal.empty())
            fail(connection->refusal.c_str());
        Control control{UniqueFd(supervisor_fd)};
        Victim victim(std::move(*connection), control);
        control.say_connected();
        named.way(victim);
        while (name == "deaf")
            pause();
        leave(control);
    }
    fail("there is no such way");
}
