// SPDX-License-Identifier: Apache-2.0
//
// The disk's process against a guest, and a supervisor, that do not keep the rules: it says why it refuses,
// ends with status 0, and leaves nothing pinned; it never dies of anything that a guest did.
#include <array>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "blk_bench.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;

void expect_refusal(BlkBench &bench, const std::string &why)
{
    EXPECT_EQ(bench.process->hear(), "refused: " + why);
    EXPECT_TRUE(bench.process->ends());
    EXPECT_EQ(bench.process->end(), 0) << why;
    EXPECT_FALSE(bench.guest.pinned()) << why;
}

// ---- at the connection ----

void expect_refused(const ConnectWords &words, const std::string &why,
                    const std::function<void(BlkGuest &)> &spoil = {})
{
    BlkBench bench(BlkDisk::null(), {.queues = 2});
    if (spoil)
        spoil(bench.guest);
    bench.process = bench.supervisor.start(words);
    expect_refusal(bench, why);
}

TEST(BlkRefuses, TermsThatAreNotOffered)
{
    ConnectWords words;
    words.version = 2;
    expect_refused(words, "version or features not offered");
    words.version = 1;
    words.features = PV_BLK_FEATURES + 1;
    expect_refused(words, "version or features not offered");
}

TEST(BlkRefuses, CountsThatDoNotFit)
{
    const RingPlace ring = {1, 0, 64};
    ConnectWords words;
    for (const std::size_t rings : {1U, 65U}) {
        words.rings.assign(rings, ring);
        expect_refused(words, "wrong number of rings");
    }
    for (const std::size_t rings : {2U, 3U, 6U}) {
        words.rings.assign(rings, ring);
        expect_refused(words, "rings and ports do not make queues");
    }
    words.rings.clear();
    for (const uint32_t ports : {0U, 33U, ~0U}) {
        words.ports = ports;
        expect_refused(words, "wrong number of ports");
    }
}

TEST(BlkRefuses, RingsThatAreNotThere)
{
    const auto with = [](uint32_t which, const RingPlace &place) {
        ConnectWords words;
        for (uint32_t ring = 0; ring < 4; ring++)
            words.rings.push_back({1 + ring, 0, 64});
        words.rings[which] = place;
        return words;
    };
    expect_refused(with(0, {0, 0, 64}), "ring 0: no such grant");
    expect_refused(with(3, {77, 0, 64}), "ring 3: grant not valid");
    expect_refused(with(1, {read_only_grant, 0, 64}), "ring 1: grant not to be written");
    expect_refused(with(2, {3, 64, 64}), "ring 2: use of a grant not aligned");
    expect_refused(with(2, {3, 4096, 64}), "ring 2: use past a grant's end");
    expect_refused(with(2, {3, 0, 32}), "ring 2: not as many slots as the others");
    expect_refused(with(2, {3, 0, ~0U}), "ring 2: not as many slots as the others");
    expect_refused({}, "queue 1: reserved control bytes not zero", [](BlkGuest &guest) {
        pv_shared_store_relaxed(guest.word(2, offsetof(pv_ring_control, producer) + 8), 1);
    });
    expect_refused({}, "queue 0: consumer index past the producer", [](BlkGuest &guest) {
        pv_shared_store_relaxed(guest.word(1, offsetof(pv_ring_control, consumer)), 1);
    });
}

// ---- afterwards ----

struct Breach {
    const char *rule;
    std::size_t offset; // in the ring's control block
    uint32_t value;
};

TEST(BlkRefuses, RequestRingsThatBreakARule)
{
    const std::array breaches = {
        Breach{"producer index past the size", offsetof(pv_ring_control, producer), 100},
        Breach{"producer index going back", offsetof(pv_ring_control, producer), 0},
        Breach{"producer index going back", offsetof(pv_ring_control, producer), ~0U},
        Breach{"unknown ring state", offsetof(pv_ring_control, producer) + PV_SIDE_STATE, 2},
        Breach{"unknown ring state", offsetof(pv_ring_control, producer) + PV_SIDE_STATE, ~0U},
    };
    for (const Breach &breach : breaches) {
        BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2});
        bench.begin();
        ASSERT_EQ(bench.guest.ask(read_of(0, 8), 1), 0);
        pv_shared_store_relaxed(bench.guest.word(2, breach.offset), breach.value);
        bench.guest.queue(1).port.ring();
        expect_refusal(bench, breach.rule);
    }
}

TEST(BlkRefuses, RingsThatMoveOrOpenAfterTheirEnd)
{
    for (const bool moves : {false, true}) {
        BlkBench bench(BlkDisk::of_file(mebibyte));
        bench.begin();
        ASSERT_EQ(bench.guest.ask(read_of(0, 8)), 0);
        pv_producer_close(&bench.guest.queue().ring.requests);
        bench.guest.queue().port.ring();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        if (moves)
            pv_shared_store_relaxed(bench.guest.word(0, offsetof(pv_ring_control, producer)), 2);
        else
            pv_shared_store_relaxed(
                bench.guest.word(0, offsetof(pv_ring_control, producer) + PV_SIDE_STATE), 0);
        bench.guest.queue().port.ring();
        expect_refusal(bench, moves ? "index moved after close" : "ring reopened after close");
    }
}

// Puts words of a guest's own choice.
void put_raw(BlkGuest &guest, pv_blk_request request, uint16_t id)
{
    request.head.id = pv_le16_of(id);
    EXPECT_EQ(pv_producer_put(&guest.queue().ring.requests, &request, sizeof(request), 1), 1U);
}

TEST(BlkRefuses, ResponseRingsThatBreakARule)
{
    const std::array breaches = {
        Breach{"consumer index past the producer", 0, 65},
        Breach{"consumer index going back", 0, ~0U},
    };
    for (const Breach &breach : breaches) {
        BlkBench bench(BlkDisk::of_file(mebibyte));
        bench.begin();
        // Nobody takes them; when it has no room for one more, it looks.
        for (uint16_t id = 0; id < 64; id++)
            put_raw(bench.guest, read_of(0, 8), id);
        bench.guest.publish();
        const pv_shared given = bench.guest.word(1, offsetof(pv_ring_control, producer));
        while (pv_shared_load_relaxed(given) != 64)
            std::this_thread::yield();
        pv_shared_store_relaxed(bench.guest.word(1, offsetof(pv_ring_control, consumer)),
                                breach.value);
        put_raw(bench.guest, read_of(0, 8), 0);
        bench.guest.publish();
        expect_refusal(bench, breach.rule);
    }
}

TEST(BlkRefuses, RequestsThatBreakARule)
{
    struct BadRequest {
        const char *rule;
        void (*spoil)(pv_blk_request &request);
        uint16_t id;
        uint64_t features;
    };
    constexpr uint64_t all = PV_BLK_FEATURES & ~PV_BLK_FEATURE_READ_ONLY;
    const std::array requests = {
        BadRequest{"unknown request id", [](pv_blk_request &) {}, 64, all},
        BadRequest{"unknown request id", [](pv_blk_request &) {}, 0xffff, all},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = PV_BLK_OPERATIONS; }, 0,
                   all},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = 0xff; }, 0, all},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = PV_BLK_FLUSH; }, 0,
                   all & ~PV_BLK_FEATURE_FLUSH},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = PV_BLK_DISCARD; }, 0,
                   all & ~PV_BLK_FEATURE_DISCARD},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = PV_BLK_WRITE_ZEROES; }, 0,
                   all & ~PV_BLK_FEATURE_WRITE_ZEROES},
        BadRequest{"operation not offered",
                   [](pv_blk_request &request) { request.head.operation = PV_BLK_WRITE; }, 0,
                   all | PV_BLK_FEATURE_READ_ONLY},
        BadRequest{"request flags not offered",
                   [](pv_blk_request &request) { request.head.flags = 0x80; }, 0, all},
        BadRequest{"request flags not offered",
                   [](pv_blk_request &request) { request.head.flags = PV_BLK_FLAG_INDIRECT; }, 0,
                   all & ~PV_BLK_FEATURE_INDIRECT},
        BadRequest{"request flags not offered",
                   [](pv_blk_request &request) { request.head.flags = PV_BLK_FLAG_FUA; }, 0,
                   all & ~PV_BLK_FEATURE_FLUSH},
        BadRequest{"reserved request bytes not zero",
                   [](pv_blk_request &request) { request.head.reserved = pv_le32_of(1); }, 0, all},
    };
    for (const BadRequest &bad : requests) {
        BlkBench bench(BlkDisk::of_file(mebibyte));
        ConnectWords words;
        words.features = bad.features;
        bench.begin(words);
        pv_blk_request request = read_of(0, 8);
        bad.spoil(request);
        put_raw(bench.guest, request, bad.id);
        bench.guest.publish();
        expect_refusal(bench, bad.rule);
    }
}

TEST(BlkRefuses, ARequestThatIsInFlight)
{
    BlkBench bench(BlkDisk::null());
    // The first one waits for its budget.
    bench.supervisor.limit({0, 1, 0});
    bench.begin();
    put_raw(bench.guest, read_of(0, 8), 5);
    put_raw(bench.guest, read_of(0, 8), 6);
    put_raw(bench.guest, read_of(0, 8), 6);
    bench.guest.publish();
    EXPECT_EQ(bench.process->hear(), "refused: request id already pending");
    EXPECT_EQ(bench.process->end(), 0);
}

// ---- what only costs the guest ----

TEST(BlkSurvives, RequestsOfAnyContent)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    std::mt19937_64 random(7);
    const auto number = [&](uint32_t good) {
        return random() % 4 != 0 ? good : static_cast<uint32_t>(random() >> (random() % 64));
    };
    uint64_t fine = 0;
    constexpr uint64_t tries = 20000;
    for (uint64_t i = 0; i < tries; i++) {
        pv_blk_request request = {};
        request.head.operation = static_cast<uint8_t>(random() % PV_BLK_OPERATIONS);
        request.head.flags = static_cast<uint8_t>(random() % 4 == 0 ? random() % 4 : 0);
        const bool moves = request.head.operation <= PV_BLK_WRITE;
        request.sector = pv_le64_of(number(moves ? 8 : 0));
        request.data = {pv_le32_of(number(moves ? data_grant : 0)), pv_le32_of(number(0)),
                        pv_le32_of(number(512)), pv_le32_of(number(0))};
        const int32_t status = bench.guest.ask(request);
        ASSERT_LE(status, 0) << "it is answered";
        fine += status == 0 ? 1 : 0;
    }
    EXPECT_GT(fine, 100U);
    uint64_t refused = 0;
    for (const auto &count : bench.supervisor.counts().refused)
        refused += count;
    EXPECT_LE(refused + fine, tries) << "the rest are the medium's";
    std::printf("%lu of %lu were good, %lu refused\n", fine, tries, refused);
    bench.end();
}

TEST(BlkSurvives, AGuestThatPublishesMoreThanItMay)
{
    BlkBench bench(BlkDisk::null());
    bench.begin();
    // The same ids again and again; their responses have no room, and nobody takes any.
    for (int round = 0; round < 10; round++) {
        for (uint16_t id = 0; id < 64; id++)
            if (pv_producer_room(&bench.guest.queue().ring.requests) > 0)
                put_raw(bench.guest, read_of(0, 8), id);
        bench.guest.publish();
        bench.guest.queue().port.ring();
        const std::string said = bench.process->hear(20);
        if (said != "nothing") {
            EXPECT_EQ(said, "refused: request id already pending");
            EXPECT_EQ(bench.process->end(), 0);
            return;
        }
    }
    bench.process->say_disconnect();
    EXPECT_EQ(bench.process->hear(), "disconnected");
    EXPECT_EQ(bench.process->end(), 0);
    EXPECT_FALSE(bench.guest.pinned());
}

// A grant taken back while it is used stays pinned for as long, and is refused afterwards.
TEST(BlkSurvives, GrantsTakenBack)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    ASSERT_EQ(bench.guest.ask(read_of(0, 8)), 0);
    pv_shared_store_relaxed(bench.guest.entry(data_grant), 0);
    EXPECT_EQ(bench.guest.ask(read_of(0, 8)), PV_BLK_STATUS_GRANT);
    EXPECT_EQ(bench.guest.ask(write_of(0, 8)), 0);
    EXPECT_FALSE(bench.guest.pins.pinned({data_grant}));
    bench.end();
}

TEST(BlkSurvives, ATableRewrittenWhileItRuns)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    bench.begin();
    std::jthread scribbler([&](const std::stop_token &stop) {
        std::mt19937_64 random(3);
        while (!stop.stop_requested())
            pv_shared_store_relaxed(bench.guest.entry(data_grant),
                                    random() % 4 == 0 ? static_cast<uint32_t>(random())
                                                      : PV_GRANT_VALID | PV_GRANT_WRITABLE);
    });
    int good = 0;
    for (int i = 0; i < 2000; i++) {
        const int32_t status = bench.guest.ask(read_of(0, 8));
        ASSERT_TRUE(status == 0 || status == PV_BLK_STATUS_GRANT) << status;
        good += status == 0 ? 1 : 0;
    }
    scribbler.request_stop();
    scribbler.join();
    EXPECT_GT(good, 0);
    bench.end();
}

// Random words all over control blocks and slots, and doorbells without end.
TEST(BlkSurvives, RingsScribbledOver)
{
    std::mt19937_64 seeds(5);
    int refused = 0;
    int alive = 0;
    const uint64_t until = clock_now() + 500000000;
    while (clock_now() < until) {
        BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2, .depth = 16});
        bench.begin();
        std::jthread scribbler([&, seed = seeds()](const std::stop_token &stop) {
            std::mt19937_64 random(seed);
            const bool gentle = random() % 2 == 0;
            while (!stop.stop_requested()) {
                const pv_shared word = bench.guest.word(
                    static_cast<uint32_t>(random() % 4),
                    random() % 4 == 0 ? random() % (2 * PV_PAGE_SIZE / 4) % 384 * 4 : 0);
                pv_shared_store_relaxed(word, gentle ? pv_shared_load_relaxed(word) + 1
                                                     : static_cast<uint32_t>(random()));
                bench.guest.queue(static_cast<uint32_t>(random() % 2)).port.ring();
            }
        });
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        scribbler.request_stop();
        scribbler.join();
        const std::string said = bench.process->hear(0);
        if (said == "nothing") {
            alive++;
            bench.process->hang_up();
        } else {
            refused++;
            EXPECT_EQ(said.rfind("refused: ", 0), 0U) << said;
        }
        ASSERT_TRUE(bench.process->ends());
        EXPECT_EQ(bench.process->end(), 0) << said;
        (void)bench.supervisor.bury(*bench.process);
    }
    std::printf("%d processes refused their guest, %d lived on\n", refused, alive);
    EXPECT_GT(refused, 0);
}

// A log that a dead process has filled with nonsense: its successor answers something, or refuses.
TEST(BlkSurvives, ALogOfNonsense)
{
    std::mt19937_64 random(9);
    for (int round = 0; round < 50; round++) {
        BlkBench bench(BlkDisk::of_file(mebibyte), {.queues = 2, .depth = 8});
        blk::Log &log = bench.supervisor.log();
        for (uint32_t queue = 0; queue < 2; queue++) {
            for (uint32_t id = 0; id < 8; id++) {
                blk::Entry &entry = log.entry(queue, id);
                auto *const words = reinterpret_cast<uint32_t *>(&entry.request);
                for (std::size_t i = 0; i < sizeof(entry.request) / 4; i++)
                    words[i] = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random());
                entry.order = random();
                entry.request_index = static_cast<uint32_t>(0U - random() % 16);
                entry.response_index = static_cast<uint32_t>(random() % 16);
                entry.status = static_cast<int32_t>(random());
                entry.state = static_cast<blk::EntryState>(random() % 6);
                auto *const table = reinterpret_cast<uint32_t *>(&log.table(queue, id));
                for (std::size_t i = 0; i < PV_PAGE_SIZE / 4; i++)
                    table[i] = static_cast<uint32_t>(random());
            }
        }
        bench.process = bench.supervisor.resume();
        const std::string said = bench.process->hear();
        EXPECT_TRUE(said == "connected" || said.rfind("refused: ", 0) == 0) << said;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        bench.process->hang_up();
        ASSERT_TRUE(bench.process->ends());
        EXPECT_EQ(bench.process->end(), 0) << said;
    }
}

// ---- a supervisor's mistakes ----

int status_with(const std::function<void(BlkBench &, std::vector<int> &)> &edit)
{
    BlkBench bench(BlkDisk::of_file(mebibyte));
    ConnectWords words;
    words.edit_descriptors = [&](std::vector<int> &fds) { edit(bench, fds); };
    bench.process = bench.supervisor.start(words);
    EXPECT_EQ(bench.process->hear(), "gone");
    const int status = bench.process->end();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_FALSE(bench.guest.pinned());
    return WEXITSTATUS(status);
}

TEST(BlkFails, WithDescriptorsThatDoNotFit)
{
    using Fds = std::vector<int>;
    const UniqueFd unsealed(memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(unsealed.get(), 1 << 20), 0);
    const UniqueFd blocking(eventfd(0, EFD_CLOEXEC));
    Result<HostMemory> small = HostMemory::create(PV_PAGE_SIZE);
    ASSERT_TRUE(small.has_value());

    EXPECT_EQ(status_with([](BlkBench &, Fds &fds) { fds.resize(6); }), 1);
    EXPECT_EQ(status_with([](BlkBench &, Fds &fds) { fds.resize(7); }), 1) << "no budget";
    EXPECT_EQ(status_with([](BlkBench &, Fds &fds) { fds.pop_back(); }), 1) << "no file";
    EXPECT_EQ(status_with([](BlkBench &, Fds &fds) { fds.push_back(0); }), 1);
    // A group's budget: half of one, one that is none, and two.
    const auto add = [](Fds &fds, std::initializer_list<int> more) { fds.insert(fds.end(), more); };
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { add(fds, {fds[7]}); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { add(fds, {fds[7], unsealed.get()}); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) {
                  add(fds, {fds[7], fds[8], fds[7], fds[8]});
              }),
              1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { fds[5] = blocking.get(); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { fds[6] = unsealed.get(); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { fds[6] = small->fd(); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { fds[7] = unsealed.get(); }), 1);
    EXPECT_EQ(status_with([&](BlkBench &, Fds &fds) { fds[8] = fds[7]; }), 1);
    EXPECT_EQ(
        status_with([](BlkBench &bench, Fds &) { bench.supervisor.log().header().depth = 32; }), 1);
    EXPECT_EQ(status_with([](BlkBench &bench, Fds &) {
                  bench.supervisor.settings().medium = blk::Medium::memory;
              }),
              1)
        << "a file is no memory";
    EXPECT_EQ(status_with([](BlkBench &bench, Fds &) {
                  bench.supervisor.settings().medium = static_cast<blk::Medium>(7);
              }),
              1);
}

} // namespace
} // namespace paravane::backend_test
