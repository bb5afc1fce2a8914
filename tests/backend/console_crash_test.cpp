// SPDX-License-Identifier: Apache-2.0
//
// The console's process killed at any moment, again and again, and started anew where its supervisor knows
// that it was. Both directions carry bytes that follow from their place, so one that is lost or doubled
// is seen at once. PARAVANE_SOAK_SECONDS says for how long.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "backend/console/log.hpp"
#include "fake_supervisor.hpp"

namespace paravane::backend_test {
namespace {

using Clock = std::chrono::steady_clock;

// Shortly before they pass 2^32.
constexpr uint32_t first_index = 0U - 100000U;

char byte_at(uint64_t stream, uint64_t place)
{
    uint64_t value = (place + (stream << 60)) * 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    return static_cast<char>(value >> 56);
}

std::string bytes_at(uint64_t stream, uint64_t place, std::size_t count)
{
    std::string bytes(count, '\0');
    for (std::size_t i = 0; i < count; i++)
        bytes[i] = byte_at(stream, place + i);
    return bytes;
}

enum Stream : uint64_t { to_host, to_guest };

// The guest: writes what it can and reads what is there, and sleeps when there is neither.
class Guest {
  public:
    explicit Guest(uint32_t ring_bytes) : fake(ring_bytes, first_index), thread_([this] { run(); })
    {
    }
    ~Guest() { stop(); }
    Guest(const Guest &) = delete;
    Guest &operator=(const Guest &) = delete;

    // It has written all that it is going to, when this returns.
    void stop_writing()
    {
        writing_ = false;
        while (!silent_ && !refused)
            (void)eventfd_write(fake.event.get(), 1);
    }
    void stop()
    {
        stopping_ = true;
        (void)eventfd_write(fake.event.get(), 1);
        if (thread_.joinable())
            thread_.join();
    }

    FakeGuest fake;
    std::atomic<uint64_t> written{0};
    std::atomic<uint64_t> read{0};
    std::atomic<uint64_t> wrong{0};   // bytes read that are not those that come next
    std::atomic<uint64_t> unwoken{0}; // sleeps that nobody ended
    std::atomic<bool> refused{false};

  private:
    void run()
    {
        std::mt19937_64 random(2);
        while (!stopping_ && !refused) {
            bool moved = false;
            silent_ = !writing_;
            if (!silent_) {
                const uint32_t put = fake.write(bytes_at(to_host, written, 1 + random() % 3000));
                written += put;
                moved = put > 0;
            }
            const std::string got = fake.read(1 + random() % 3000);
            for (std::size_t i = 0; i < got.size(); i++) {
                if (got[i] != byte_at(to_guest, read + i))
                    wrong++;
            }
            read += got.size();
            refused = pv_stream_writer_refused(&fake.output) != PV_RULE_KEPT ||
                      pv_stream_reader_refused(&fake.input) != PV_RULE_KEPT;
            if (moved || !got.empty())
                continue;
            const bool room = !silent_ && !pv_stream_writer_arm(&fake.output, 1);
            if (!room && pv_stream_reader_arm(&fake.input, 1) && !fake.await_event(5000))
                unwoken++;
        }
    }

    std::atomic<bool> writing_{true};
    std::atomic<bool> silent_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

// The supervisor, over the lives of many processes.
class Lives {
  public:
    explicit Lives(uint32_t ring_bytes) : guest(ring_bytes)
    {
        std::error_code error;
        log_ = SharedMemory::create(sizeof(console::Log), SharedMemory::Pages::normal, error);
        EXPECT_FALSE(error);
        console::set_output_taken(log_, first_index);
        console::set_input_shown(log_, first_index);
    }

    [[nodiscard]] Console start()
    {
        ConnectWords words;
        words.resumed = true;
        console::set_output_taken(log_, first_index + static_cast<uint32_t>(taken));
        fed_ = 0;
        Console console(guest.fake, words, &log_);
        // Small pipes are full more often.
        if (random() % 2 == 0) {
            fcntl(console.output_pipe(), F_SETPIPE_SZ, 4096);
            fcntl(console.input_pipe(), F_SETPIPE_SZ, 4096);
        }
        return console;
    }

    void pump(const Console &console, bool typing)
    {
        take(console.output());
        if (typing && random() % 4 == 0)
            fed_ += console.type(bytes_at(to_guest, shown + fed_, 1 + random() % 5000));
    }

    // The process is dead: what it left in its pipe counts, and what it did not show does not.
    void bury(const Console &console)
    {
        for (std::string more = console.output(1); !more.empty(); more = console.output(1))
            take(more);
        const uint32_t more =
            console::input_shown(log_) - (first_index + static_cast<uint32_t>(shown));
        EXPECT_LE(more, fed_) << "more was shown than typed";
        repeated += fed_ - more;
        shown += more;
        fed_ = 0;
    }
    // Looks what was shown, while it lives.
    [[nodiscard]] bool all_shown() const
    {
        return console::input_shown(log_) - (first_index + static_cast<uint32_t>(shown)) == fed_;
    }

    Guest guest;
    std::mt19937_64 random{1};
    uint64_t taken = 0;    // bytes that came out
    uint64_t wrong = 0;    // of them, those that do not come next
    uint64_t shown = 0;    // bytes that the log says the guest was shown
    uint64_t repeated = 0; // bytes typed that died with a process, and were typed again

  private:
    void take(const std::string &text)
    {
        for (std::size_t i = 0; i < text.size(); i++) {
            if (text[i] != byte_at(to_host, taken + i))
                wrong++;
        }
        taken += text.size();
    }

    SharedMemory log_;
    uint64_t fed_ = 0; // bytes typed since `shown`
};

std::chrono::milliseconds how_long()
{
    const char *seconds = std::getenv("PARAVANE_SOAK_SECONDS");
    return seconds != nullptr ? std::chrono::seconds(std::strtoul(seconds, nullptr, 10))
                              : std::chrono::milliseconds(4000);
}

template <typename Done> bool within(std::chrono::milliseconds time, Done &&done)
{
    const auto until = Clock::now() + time;
    while (!done()) {
        if (Clock::now() > until)
            return false;
    }
    return true;
}

void kill_and_restart(uint32_t ring_bytes, std::chrono::milliseconds time)
{
    Lives lives(ring_bytes);
    uint64_t kills = 0;
    const auto until = Clock::now() + time;

    while (Clock::now() < until && !lives.guest.refused && lives.wrong == 0) {
        Console console = lives.start();
        // Most lives are short: a death while it attaches, or soon after it.
        const auto life =
            std::chrono::microseconds(lives.random() % (lives.random() % 4 == 0 ? 20000 : 3000));
        const auto death = Clock::now() + life;
        while (Clock::now() < death)
            lives.pump(console, true);
        console.kill();
        EXPECT_EQ(WTERMSIG(console.end()), SIGKILL);
        lives.bury(console);
        kills++;
    }
    // One that lives, and ends as it should.
    Console console = lives.start();
    EXPECT_TRUE(within(std::chrono::seconds(1), [&] {
        lives.pump(console, true);
        return lives.taken > 0 && lives.shown > 0;
    }));
    EXPECT_TRUE(within(std::chrono::seconds(10), [&] {
        lives.pump(console, false);
        return lives.all_shown();
    }));
    lives.guest.stop_writing();
    console.say_disconnect();
    EXPECT_TRUE(within(std::chrono::seconds(10), [&] {
        lives.pump(console, false);
        return console.ended();
    }));
    EXPECT_EQ(console.end(), 0);
    lives.bury(console);
    EXPECT_TRUE(within(std::chrono::seconds(10),
                       [&] { return lives.guest.read == lives.shown || lives.guest.refused; }));
    lives.guest.stop();

    EXPECT_FALSE(lives.guest.refused) << "the process broke a rule of the rings";
    EXPECT_EQ(lives.wrong, 0U) << "bytes to the host";
    EXPECT_EQ(lives.guest.wrong, 0U) << "bytes to the guest";
    EXPECT_EQ(lives.taken, lives.guest.written);
    EXPECT_EQ(lives.guest.read, lives.shown);
    EXPECT_EQ(lives.guest.unwoken, 0U);
    std::printf("ring of %u bytes: %lu kills; %lu bytes to the host, %lu to the guest, besides %lu "
                "that died on their way and were typed again\n",
                ring_bytes, kills, lives.taken, lives.shown, lives.repeated);
}

TEST(ConsoleCrash, LosesAndDoublesNothing)
{
    kill_and_restart(1024, how_long() / 2);
    kill_and_restart(65536, how_long() / 2);
}

} // namespace
} // namespace paravane::backend_test
