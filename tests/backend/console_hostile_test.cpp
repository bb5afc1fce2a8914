// SPDX-License-Identifier: Apache-2.0
//
// The console's process against a guest, and a supervisor, that do not keep the rules: it says why it
// refuses, ends with status 0, and leaves nothing pinned; it never dies of anything that a guest did.
#include <csignal>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "fake_supervisor.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint32_t good = PV_GRANT_VALID | PV_GRANT_WRITABLE;
constexpr uint64_t first_frame = arena_base / PV_PAGE_SIZE;

// What the process says to such words; it must end well after that.
std::string answer(const FakeGuest &guest, const ConnectWords &words)
{
    Console console(guest, words);
    std::string said = console.hear();
    EXPECT_TRUE(console.ends()) << said;
    EXPECT_EQ(console.end(), 0) << said;
    EXPECT_FALSE(guest.pinned()) << said;
    return said;
}

std::string answer_to_rings(const FakeGuest &guest, RingPlace output, RingPlace input)
{
    ConnectWords words;
    words.rings = {output, input};
    return answer(guest, words);
}

// ---- at the connection ----

TEST(ConsoleRefuses, TermsThatAreNotOffered)
{
    const FakeGuest guest;
    for (const uint32_t version : {0U, 2U, ~0U}) {
        ConnectWords words;
        words.version = version;
        EXPECT_EQ(answer(guest, words), "refused: version or features not offered");
    }
    for (const uint64_t features : {uint64_t{1}, UINT64_C(1) << 63}) {
        ConnectWords words;
        words.features = features;
        EXPECT_EQ(answer(guest, words), "refused: version or features not offered");
    }
}

TEST(ConsoleRefuses, CountsThatDoNotFit)
{
    const FakeGuest guest;
    for (const std::size_t rings : {1U, 3U, 64U}) {
        ConnectWords words;
        words.rings.resize(rings, {output_grant, 0, guest.ring_bytes});
        EXPECT_EQ(answer(guest, words), "refused: wrong number of rings");
    }
    for (const uint32_t ports : {0U, 2U, ~0U}) {
        ConnectWords words;
        words.ports = ports;
        EXPECT_EQ(answer(guest, words), "refused: wrong number of ports");
    }
}

TEST(ConsoleRefuses, GrantsThatAreNone)
{
    const FakeGuest guest;
    const uint32_t size = guest.ring_bytes;
    const RingPlace fine = {input_grant, 0, size};

    EXPECT_EQ(answer_to_rings(guest, {0, 0, size}, fine), "refused: output ring: no such grant");
    EXPECT_EQ(answer_to_rings(guest, {PV_GRANT_ENTRIES, 0, size}, fine),
              "refused: output ring: no such grant");
    EXPECT_EQ(answer_to_rings(guest, {77, 0, size}, fine), "refused: output ring: grant not valid");
    EXPECT_EQ(answer_to_rings(guest, {output_grant, 0, size}, {77, 0, size}),
              "refused: input ring: grant not valid");
    guest.allow(77, good | 9, 2, first_frame + 1);
    EXPECT_EQ(answer_to_rings(guest, {77, 0, size}, fine),
              "refused: output ring: grant for another domain");
    guest.allow(77, PV_GRANT_VALID, 2, first_frame + 1);
    EXPECT_EQ(answer_to_rings(guest, {77, 0, size}, fine),
              "refused: output ring: grant not to be written");
    guest.allow(77, good, 2, first_frame - 1);
    EXPECT_EQ(answer_to_rings(guest, {77, 0, size}, fine),
              "refused: output ring: grant outside of the arena");
    guest.allow(77, good, 1, first_frame + 1);
    EXPECT_EQ(answer_to_rings(guest, {77, 0, size}, fine),
              "refused: output ring: use past a grant's end");
    for (const uint64_t offset : {UINT64_MAX, UINT64_MAX - size, UINT64_C(1) << 63})
        EXPECT_EQ(answer_to_rings(guest, {output_grant, offset, size}, fine),
                  "refused: output ring: use past a grant's end");
    EXPECT_EQ(answer_to_rings(guest, {output_grant, 8, 16}, fine),
              "refused: output ring: use of a grant not aligned");
}

TEST(ConsoleRefuses, SizesThatNoRingHas)
{
    const FakeGuest guest;
    const RingPlace fine = {input_grant, 0, guest.ring_bytes};
    for (const uint32_t size : {0U, 8U, 1000U, 4095U})
        EXPECT_EQ(answer_to_rings(guest, {output_grant, 0, size}, fine),
                  "refused: slots not a power of two in range");
    for (const uint32_t size : {65536U, 1U << 31, ~0U})
        EXPECT_EQ(answer_to_rings(guest, {output_grant, 0, size}, fine),
                  "refused: output ring: use past a grant's end");
}

TEST(ConsoleRefuses, RingsThatAreNotFormatted)
{
    const FakeGuest guest;
    pv_shared_store_relaxed(guest.output_word(offsetof(pv_ring_control, producer) + 8), 1);
    EXPECT_EQ(answer(guest, {}), "refused: reserved control bytes not zero");
    const FakeGuest other;
    pv_shared_store_relaxed(other.input_word(offsetof(pv_ring_control, consumer)), 1);
    EXPECT_EQ(answer(other, {}), "refused: consumer index past the producer");
}

// ---- afterwards ----

struct Breach {
    const char *rule;
    bool of_input;
    std::size_t offset;
    uint32_t value;
};

TEST(ConsoleRefuses, RulesBrokenLater)
{
    const std::array breaches = {
        Breach{"producer index past the size", false, offsetof(pv_ring_control, producer), 5000},
        Breach{"producer index going back", false, offsetof(pv_ring_control, producer), 0},
        Breach{"producer index going back", false, offsetof(pv_ring_control, producer), ~0U},
        Breach{"unknown ring state", false, offsetof(pv_ring_control, producer) + PV_SIDE_STATE, 2},
        Breach{"consumer index past the producer", true, offsetof(pv_ring_control, consumer),
               65536},
        Breach{"consumer index going back", true, offsetof(pv_ring_control, consumer), ~0U},
        Breach{"unknown ring state", true, offsetof(pv_ring_control, consumer) + PV_SIDE_STATE,
               ~0U},
    };
    for (const Breach &breach : breaches) {
        FakeGuest guest;
        Console console(guest);
        ASSERT_EQ(console.hear(), "connected");
        ASSERT_TRUE(guest.write_all("all is well"));
        ASSERT_EQ(console.output(11), "all is well");
        if (breach.of_input) {
            pv_shared_store_relaxed(guest.input_word(breach.offset), breach.value);
            // It looks at that ring when it needs room.
            while (console.type(std::string(4096, 'x')) > 0 && !console.ended())
                ;
        } else {
            pv_shared_store_relaxed(guest.output_word(breach.offset), breach.value);
        }
        guest.ring();
        EXPECT_EQ(console.hear(), std::string("refused: ") + breach.rule);
        ASSERT_TRUE(console.ends());
        EXPECT_EQ(console.end(), 0);
        EXPECT_FALSE(guest.pinned());
    }
}

// Its own words in the rings are never read back, nor are the text's bytes looked at.
TEST(ConsoleSurvives, ItsOwnWordsOverwritten)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    for (int i = 0; i < 50; i++) {
        pv_shared_store_relaxed(guest.input_word(offsetof(pv_ring_control, producer_event)), ~0U);
        ASSERT_TRUE(guest.write_all("ok"));
        ASSERT_EQ(console.output(2), "ok");
        const uint32_t consumer = 2U * static_cast<uint32_t>(i + 1);
        // It shows it some time after the pipe took the text; only then is it ours to overwrite.
        const pv_shared word = guest.output_word(offsetof(pv_ring_control, consumer));
        while (pv_shared_load_relaxed(word) != consumer)
            std::this_thread::yield();
        pv_shared_store_relaxed(word, 0xdeadbeef);
        pv_shared_store_relaxed(word, consumer);
    }
}

// The table is looked at when a grant is pinned; what it says later changes nothing that is pinned.
TEST(ConsoleSurvives, ATableRewrittenWhileItRuns)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    std::jthread scribbler([&](const std::stop_token &stop) {
        std::mt19937_64 random(3);
        while (!stop.stop_requested())
            pv_shared_store_relaxed(guest.table.at(random() % (PV_GRANT_TABLE_SIZE / 4) * 4),
                                    static_cast<uint32_t>(random()));
    });
    for (int i = 0; i < 200; i++) {
        EXPECT_TRUE(guest.write_all("still the same memory"));
        EXPECT_EQ(console.output(21), "still the same memory");
        EXPECT_EQ(console.type("both ways"), 9U);
        EXPECT_EQ(guest.read_all(9), "both ways");
    }
    scribbler.request_stop();
    scribbler.join();
    console.say_disconnect();
    EXPECT_EQ(console.hear(), "disconnected");
    EXPECT_EQ(console.end(), 0);
    EXPECT_FALSE(guest.pinned());
}

// While it connects: whatever it makes of it, it ends well or serves.
TEST(ConsoleSurvives, ATableRewrittenWhileItConnects)
{
    FakeGuest guest;
    std::jthread scribbler([&](const std::stop_token &stop) {
        std::mt19937_64 random(4);
        while (!stop.stop_requested()) {
            const uint32_t number = random() % 2 == 0 ? output_grant : input_grant;
            guest.allow(number, random() % 8 == 0 ? static_cast<uint32_t>(random()) : good,
                        static_cast<uint32_t>(random() % 4), first_frame + random() % 6);
        }
    });
    int connected = 0;
    constexpr int tries = 40;
    for (int i = 0; i < tries; i++) {
        Console console(guest);
        const std::string said = console.hear();
        if (said == "connected") {
            connected++;
            console.hang_up();
        } else {
            EXPECT_EQ(said.rfind("refused: ", 0), 0U) << said;
        }
        ASSERT_TRUE(console.ends());
        EXPECT_EQ(console.end(), 0) << said;
        EXPECT_FALSE(guest.pinned());
    }
    scribbler.request_stop();
    scribbler.join();
    std::printf("of %d tries %d connected, the others were refused\n", tries, connected);
}

// Random words all over both control blocks and the text, and doorbells without end.
TEST(ConsoleSurvives, RingsScribbledOver)
{
    std::mt19937_64 seeds(5);
    int refused = 0;
    int alive = 0;
    const uint64_t until = clock_now() + 500000000;
    while (clock_now() < until) {
        FakeGuest guest(1024);
        Console console(guest);
        ASSERT_EQ(console.hear(), "connected");
        std::jthread scribbler([&, seed = seeds()](const std::stop_token &stop) {
            std::mt19937_64 random(seed);
            const uint64_t end = guest.arena.size() - PV_PAGE_SIZE;
            // Mostly near what is there, or it would be over at once.
            const bool gentle = random() % 2 == 0;
            while (!stop.stop_requested()) {
                const uint64_t at = PV_PAGE_SIZE + random() % (end / 4) * 4;
                const pv_shared word =
                    random() % 4 == 0 ? guest.arena.at(at) : guest.output_word(0);
                pv_shared_store_relaxed(word, gentle ? pv_shared_load_relaxed(word) + 1
                                                     : static_cast<uint32_t>(random()));
                guest.ring();
            }
        });
        for (int i = 0; i < 50 && !console.ended(); i++) {
            (void)console.type("input");
            (void)console.output();
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        scribbler.request_stop();
        scribbler.join();
        const std::string said = console.hear(0);
        if (said == "nothing") {
            alive++;
            console.hang_up();
        } else {
            refused++;
            EXPECT_EQ(said.rfind("refused: ", 0), 0U) << said;
        }
        ASSERT_TRUE(console.ends());
        EXPECT_EQ(console.end(), 0) << said;
        EXPECT_FALSE(guest.pinned());
    }
    std::printf("%d processes refused their guest, %d lived on\n", refused, alive);
    EXPECT_GT(refused, 0);
}

// ---- time ----

// Whatever it waits for: it sleeps meanwhile.
TEST(ConsoleSleeps, WhileThereIsNothingToDo)
{
    constexpr uint64_t most = 5000000; // ns, of 100 ms
    const auto spent_in_100ms = [](const Console &console) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        const uint64_t before = console.processor_time();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        return console.processor_time() - before;
    };
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    EXPECT_LT(spent_in_100ms(console), most) << "idle";
    // A full input ring, a full output pipe, a full output ring.
    while (console.type(std::string(4096, 'x')) > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // Not before it was throttled once: it shall not wait for two things at a time.
    const std::string text(65536, 'x');
    for (std::size_t shown = 0; shown < 2U << 20; shown += console.output().size())
        (void)guest.write(text);
    while (guest.write(text) > 0 ||
           (pv_stream_writer_arm(&guest.output, 1) && guest.await_event(50)))
        ;
    EXPECT_LT(spent_in_100ms(console), most) << "full";
    console.say_disconnect();
    EXPECT_LT(spent_in_100ms(console), most) << "draining into a full pipe";
    // Streams that were closed, and no typist.
    FakeGuest closed;
    Console other(closed);
    ASSERT_EQ(other.hear(), "connected");
    pv_stream_writer_close(&closed.output);
    pv_stream_reader_close(&closed.input);
    closed.ring();
    (void)other.type("x");
    other.stop_typing();
    EXPECT_LT(spent_in_100ms(other), most) << "closed";
}

// ---- a supervisor's mistakes ----

int status_with(const std::function<void(const FakeGuest &, std::vector<int> &)> &edit)
{
    const FakeGuest guest;
    ConnectWords words;
    words.edit_descriptors = [&](std::vector<int> &fds) { edit(guest, fds); };
    Console console(guest, words);
    EXPECT_EQ(console.hear(), "gone");
    const int status = console.end();
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_FALSE(guest.pinned());
    return WEXITSTATUS(status);
}

TEST(ConsoleFails, WithDescriptorsThatDoNotFit)
{
    using Fds = std::vector<int>;
    const UniqueFd unsealed(memfd_create("test", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(unsealed.get(), 1 << 20), 0);
    const UniqueFd blocking(eventfd(0, EFD_CLOEXEC));
    std::error_code error;
    const SharedMemory small =
        SharedMemory::create(PV_PAGE_SIZE, SharedMemory::Pages::normal, error);

    EXPECT_EQ(status_with([](const FakeGuest &, Fds &fds) { fds.pop_back(); }), 1);
    EXPECT_EQ(status_with([](const FakeGuest &, Fds &fds) { fds.push_back(0); }), 1);
    EXPECT_EQ(status_with([](const FakeGuest &, Fds &fds) { fds.clear(); }), 1);
    EXPECT_EQ(status_with([&](const FakeGuest &, Fds &fds) { fds[0] = unsealed.get(); }), 1);
    EXPECT_EQ(status_with([](const FakeGuest &guest, Fds &fds) { fds[1] = guest.table.fd(); }), 1)
        << "a table that could be written";
    EXPECT_EQ(status_with([&](const FakeGuest &, Fds &fds) { fds[2] = small.fd(); }), 1);
    EXPECT_EQ(status_with([&](const FakeGuest &, Fds &fds) { fds[5] = blocking.get(); }), 1);
    EXPECT_EQ(status_with([&](const FakeGuest &, Fds &fds) { fds[6] = unsealed.get(); }), 1);
}

TEST(ConsoleFails, WithAnArenaThatIsNowhere)
{
    for (const uint64_t base : {uint64_t{1}, UINT64_MAX, uint64_t{0} - PV_PAGE_SIZE}) {
        const FakeGuest guest;
        ConnectWords words;
        words.base = base;
        Console console(guest, words);
        EXPECT_EQ(console.hear(), "gone");
        EXPECT_EQ(WEXITSTATUS(console.end()), 1);
    }
}

TEST(ConsoleFails, WithoutConnect)
{
    Console other(Console::Silent{});
    other.say_disconnect();
    EXPECT_EQ(other.hear(), "gone");
    EXPECT_EQ(WEXITSTATUS(other.end()), 1);
    Console noise(Console::Silent{});
    noise.say("eight or more bytes, of no message");
    EXPECT_EQ(noise.hear(), "gone");
    EXPECT_EQ(WEXITSTATUS(noise.end()), 1);
}

} // namespace
} // namespace paravane::backend_test
