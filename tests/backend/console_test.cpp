// SPDX-License-Identifier: Apache-2.0
//
// The console's backend process, with a supervisor and a guest that keep the rules, or nearly.
#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "backend/console/log.hpp"
#include "backend/console/offer.hpp"
#include "fake_supervisor.hpp"
#include "hypercall/host/clock.hpp"
#include "hypercall/sandbox/sandbox.hpp"

namespace paravane::backend_test {
namespace {

// Bytes of which no piece is like another.
std::string text_of(std::size_t bytes)
{
    std::string text;
    for (uint32_t i = 0; text.size() < bytes; i++)
        text += std::to_string(i) + "\n";
    text.resize(bytes);
    return text;
}

void expect_good_end(Console &console)
{
    ASSERT_TRUE(console.ends());
    EXPECT_EQ(console.end(), 0);
}

TEST(ConsoleProcess, MovesTextBothWays)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    EXPECT_TRUE(guest.write_all("to the host"));
    EXPECT_EQ(console.output(11), "to the host");
    EXPECT_EQ(console.type("to the guest"), 12U);
    EXPECT_EQ(guest.read_all(12), "to the guest");
    EXPECT_TRUE(guest.pinned());
    EXPECT_EQ(console::input_shown(console.log()), 12U);
    console.say_disconnect();
    EXPECT_EQ(console.hear(), "disconnected");
    expect_good_end(console);
    EXPECT_FALSE(guest.pinned());
}

TEST(ConsoleProcess, MovesMoreThanItsRings)
{
    const std::string text = text_of(300000);
    for (const uint32_t ring_bytes : {PV_STREAM_BYTES_MIN, 512U, 65536U}) {
        const std::size_t bytes = ring_bytes == PV_STREAM_BYTES_MIN ? 2000 : text.size();
        FakeGuest guest(ring_bytes);
        Console console(guest);
        ASSERT_EQ(console.hear(), "connected");
        std::string shown;
        std::thread reader([&] { shown = console.output(bytes); });
        EXPECT_TRUE(guest.write_all(text.substr(0, bytes)));
        reader.join();
        EXPECT_EQ(shown == text.substr(0, bytes), true) << ring_bytes;
        std::thread typist([&] {
            for (std::size_t typed = 0; typed < bytes;)
                typed += console.type(std::string_view(text).substr(typed, bytes - typed));
        });
        EXPECT_EQ(guest.read_all(bytes) == text.substr(0, bytes), true) << ring_bytes;
        typist.join();
    }
}

TEST(ConsoleProcess, NotifiesWhenItConnects)
{
    FakeGuest guest;
    Console console(guest);
    EXPECT_TRUE(guest.await_event(5000));
    EXPECT_FALSE(guest.await_event(20)) << "once";
}

TEST(ConsoleProcess, TakesWhatWasWrittenBefore)
{
    FakeGuest guest;
    EXPECT_EQ(guest.write("early"), 5U);
    Console console(guest);
    EXPECT_EQ(console.output(5), "early");
}

// Room is given back for what the pipe has, and for nothing else.
TEST(ConsoleProcess, KeepsWhatTheHostDoesNotTake)
{
    const std::string text = text_of(400000);
    FakeGuest guest(65536);
    Console console(guest);
    std::size_t written = 0;
    while (written < text.size()) {
        written += guest.write(std::string_view(text).substr(written));
        if (pv_stream_writer_arm(&guest.output, 1) && !guest.await_event(100))
            break;
    }
    // A pipe of 64 KiB, and a ring of as many: less what the pipe took of the last piece.
    EXPECT_LE(written, 2 * 65536U);
    EXPECT_GT(written, 2 * 65536U - 16384U);
    EXPECT_EQ(console.output(written) == text.substr(0, written), true);
    EXPECT_TRUE(guest.await_event(5000)) << "there is room";
}

TEST(ConsoleProcess, KeepsWhatTheGuestDoesNotRead)
{
    const std::string text = text_of(200000);
    FakeGuest guest(512);
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    std::size_t typed = 0;
    for (int idle = 0; idle < 20; idle++) {
        const std::size_t more = console.type(std::string_view(text).substr(typed));
        typed += more;
        if (more > 0)
            idle = 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_LT(typed, text.size());
    EXPECT_EQ(console::input_shown(console.log()), 512U);
    EXPECT_EQ(guest.read_all(typed) == text.substr(0, typed), true);
}

TEST(ConsoleProcess, LivesWithoutATypist)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    EXPECT_EQ(console.type("last"), 4U);
    console.stop_typing();
    EXPECT_EQ(guest.read_all(4), "last");
    EXPECT_TRUE(guest.write_all("still here"));
    EXPECT_EQ(console.output(10), "still here");
}

TEST(ConsoleProcess, LivesWithStreamsThatTheGuestCloses)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    pv_stream_reader_close(&guest.input);
    guest.ring();
    EXPECT_EQ(console.type("nobody reads this"), 17U);
    EXPECT_TRUE(guest.write_all("the end"));
    pv_stream_writer_close(&guest.output);
    guest.ring();
    EXPECT_EQ(console.output(7), "the end");
    console.say_disconnect();
    EXPECT_EQ(console.hear(), "disconnected");
    expect_good_end(console);
}

// ---- the end ----

TEST(ConsoleProcess, DrainsBeforeItEnds)
{
    const std::string text = text_of(131072);
    FakeGuest guest(65536);
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    // The pipe is full, and then the ring too.
    EXPECT_TRUE(guest.write_all(text));
    console.say_disconnect();
    EXPECT_EQ(console.hear(50), "nothing");
    EXPECT_EQ(console.output(text.size()) == text, true);
    EXPECT_EQ(console.hear(), "disconnected");
    expect_good_end(console);
    EXPECT_EQ(console.output(), "");
    EXPECT_FALSE(guest.pinned());
}

TEST(ConsoleProcess, EndsThoughTheGuestGoesOnWriting)
{
    const std::string text = text_of(std::size_t{1} << 20);
    FakeGuest guest(65536);
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    // Less than the process takes at once, and the ring holds more: so it never finds the ring empty.
    ASSERT_EQ(fcntl(console.output_pipe(), F_SETPIPE_SZ, 4096), 4096);
    std::size_t full = guest.write(text);
    while (pv_stream_writer_arm(&guest.output, 1) ? guest.await_event(50) : true)
        full += guest.write(std::string_view(text).substr(full));
    console.say_disconnect();
    std::size_t written = full;
    std::string shown;
    while (!console.ended()) {
        shown += console.output();
        written += guest.write(std::string_view(text).substr(written));
    }
    shown += console.output();
    EXPECT_EQ(console.hear(), "disconnected");
    expect_good_end(console);
    EXPECT_LT(written, text.size());
    EXPECT_GE(shown.size(), full);
    EXPECT_LE(shown.size(), full + 65536 + 16384);
    EXPECT_EQ(shown == text.substr(0, shown.size()), true);
}

TEST(ConsoleProcess, EndsWithItsSupervisor)
{
    FakeGuest idle;
    Console console(idle);
    ASSERT_EQ(console.hear(), "connected");
    console.hang_up();
    expect_good_end(console);
    EXPECT_FALSE(idle.pinned());

    FakeGuest busy(65536);
    Console full(busy);
    ASSERT_EQ(full.hear(), "connected");
    EXPECT_TRUE(busy.write_all(text_of(131072)));
    full.say_disconnect();
    full.hang_up();
    expect_good_end(full);

    Console silent(Console::Silent{});
    silent.hang_up();
    ASSERT_TRUE(silent.ends());
    EXPECT_EQ(WEXITSTATUS(silent.end()), 1);
}

TEST(ConsoleProcess, FailsWhenItsPipeIsGone)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    console.stop_reading();
    EXPECT_EQ(guest.write("x"), 1U);
    ASSERT_TRUE(console.ends());
    EXPECT_EQ(WEXITSTATUS(console.end()), 1);
}

TEST(ConsoleProcess, HearsOnlyWhatMeansSomething)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    console.say_connect();
    EXPECT_TRUE(guest.write_all("yes"));
    EXPECT_EQ(console.output(3), "yes");
    console.say("no message");
    expect_good_end(console);
}

// ---- grants that are taken back ----

TEST(ConsoleProcess, HoldsItsGrantsUntilItEnds)
{
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    pv_shared_store_relaxed(guest.entry(output_grant), 0);
    pv_shared_store_relaxed(guest.entry(input_grant), 0);
    guest.pins.expect_unpin();
    EXPECT_TRUE(guest.write_all("revoked, not ended"));
    EXPECT_EQ(console.output(18), "revoked, not ended");
    EXPECT_TRUE(guest.pins.pinned({output_grant}) && guest.pins.pinned({input_grant}));
    console.say_disconnect();
    EXPECT_EQ(console.hear(), "disconnected");
    expect_good_end(console);
    EXPECT_FALSE(guest.pinned());
    eventfd_t count = 0;
    EXPECT_EQ(eventfd_read(guest.pins.unpinned(), &count), 0) << "who waits is told";
}

// ---- limits ----

TEST(ConsoleProcess, ThrottlesAFlood)
{
    constexpr std::size_t bytes = std::size_t{4} << 20;
    constexpr uint64_t least = (bytes - (1U << 20)) * 1000 / (16U << 20); // ms
    FakeGuest guest(65536);
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    const std::string text = text_of(bytes);
    const uint64_t from = clock_now();
    std::string shown;
    std::thread reader([&] { shown = console.output(bytes); });
    EXPECT_TRUE(guest.write_all(text));
    reader.join();
    const uint64_t took = (clock_now() - from) / 1000000;
    EXPECT_EQ(shown == text, true);
    EXPECT_GE(took, least - 10);
    RecordProperty("ms", std::to_string(took));
    std::printf("4 MiB took %lu ms, %lu at least\n", took, least);
}

// ---- its walls ----

TEST(ConsoleProcess, IsShutIn)
{
    if (!sandbox::suits_build)
        GTEST_SKIP() << "this build has no sandbox";
    FakeGuest guest;
    Console console(guest);
    ASSERT_EQ(console.hear(), "connected");
    EXPECT_EQ(status_of(console.pid(), "Seccomp"), "2");
    EXPECT_EQ(status_of(console.pid(), "NoNewPrivs"), "1");
    EXPECT_EQ(status_of(console.pid(), "CapEff"), "0000000000000000");
    EXPECT_EQ(status_of(console.pid(), "CapPrm"), "0000000000000000");
    EXPECT_EQ(status_of(console.pid(), "Threads"), "1");
}

} // namespace
} // namespace paravane::backend_test
