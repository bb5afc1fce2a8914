// SPDX-License-Identifier: Apache-2.0
//
// The console's output against backends that take what they like, end when they like, and lie.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/console/output.hpp"

namespace keel::console {
namespace {

// A ring, and a backend that reads it.
struct Backend {
    explicit Backend(uint32_t bytes = Output::ring_bytes)
        : size(bytes), lines((sizeof(pv_ring_control) + bytes) / sizeof(Line))
    {
        EXPECT_EQ(pv_stream_reader_attach(&reader, memory(), room(), size, 0, &violations),
                  PV_RULE_KEPT);
    }

    [[nodiscard]] pv_shared memory() { return pv_shared_from_pointer(lines.data()); }
    [[nodiscard]] uint64_t room() const { return lines.size() * sizeof(Line); }
    [[nodiscard]] pv_shared consumer()
    {
        return pv_shared_at(memory(), offsetof(pv_ring_control, consumer.index));
    }
    // Up to so many bytes; what was released is delivered.
    std::string take(uint32_t most)
    {
        std::string text = look(most);
        (void)pv_stream_release(&reader);
        return text;
    }
    std::string look(uint32_t most)
    {
        std::string text(most, ' ');
        uint32_t count = 0;

        // A read gives what it knows of; the next looks for more.
        for (uint32_t got = 1; got > 0; count += got)
            got = pv_stream_read(&reader, &text[count], most - count);
        text.resize(count);
        return text;
    }

    struct alignas(PV_RING_LINE) Line {
        std::array<unsigned char, PV_RING_LINE> bytes{};
    };
    uint32_t size;
    std::vector<Line> lines;
    pv_stream_reader reader{};
    pv_violations violations{};
};

class ConsoleOutput : public ::testing::Test {
  protected:
    void attach(Backend &to)
    {
        ASSERT_EQ(output->attach(to.memory(), to.room(), to.size), PV_RULE_KEPT);
    }
    void push()
    {
        (void)output->move();
        (void)output->publish();
    }

    std::unique_ptr<Output> output = std::make_unique<Output>();
};

std::string numbered(std::size_t bytes)
{
    std::string text;
    for (std::size_t i = 0; text.size() < bytes; i++)
        text += std::to_string(i) + ' ';
    return text.substr(0, bytes);
}

TEST_F(ConsoleOutput, DeliversWhatWasWrittenBeforeItWasConnected)
{
    Backend backend;

    EXPECT_EQ(output->write("hello"), 5U);
    EXPECT_FALSE(output->move());
    attach(backend);
    push();
    EXPECT_EQ(output->pending(), 5U);
    EXPECT_EQ(backend.take(100), "hello");
    push();
    EXPECT_EQ(output->pending(), 0U);
    EXPECT_EQ(output->delivered(), 5U);
}

TEST_F(ConsoleOutput, TakesNoMoreThanItCanKeep)
{
    const std::string text = numbered(Output::buffer_bytes + 10);

    EXPECT_EQ(output->write(text), Output::buffer_bytes);
    EXPECT_EQ(output->write("x"), 0U);
    EXPECT_EQ(output->room(), 0U);
}

TEST_F(ConsoleOutput, KeepsWhatTheBackendDidNotTake)
{
    const std::string text = numbered(50'000);
    std::string got;
    Backend first;

    EXPECT_EQ(output->write(text), text.size());
    attach(first);
    push();
    got = first.take(12'345);
    output->detach();
    EXPECT_EQ(output->delivered(), 12'345U);
    Backend second;
    attach(second);
    push();
    got += second.take(UINT16_MAX);
    push();
    got += second.take(UINT16_MAX);
    push();
    EXPECT_EQ(got, text);
    EXPECT_EQ(output->pending(), 0U);
}

// Any sizes, any ends, and the indices over all of 32 bits are in stream_test; here it is the counts.
TEST_F(ConsoleOutput, NothingIsLostOrDoubledThroughManyConnections)
{
    std::mt19937 random(3);
    const std::string text = numbered(3'000'000);
    std::string got;
    std::size_t written = 0;

    for (int connection = 0; got.size() < text.size(); connection++) {
        Backend backend(connection % 2 == 0 ? 4096U : 32768U);
        attach(backend);
        for (auto rounds = random() % 60; rounds > 0; rounds--) {
            written += output->write(std::string_view(text).substr(written, random() % 9000));
            push();
            got += backend.take(static_cast<uint32_t>(random() % 9000));
        }
        output->detach();
        ASSERT_EQ(output->delivered(), got.size());
        ASSERT_EQ(output->pending(), written - got.size());
    }
    EXPECT_EQ(got, text);
}

// What the last look finds counts where it can be true, whatever was found before.
TEST_F(ConsoleOutput, OnlyAGoodIndexOfALiarCounts)
{
    for (const uint32_t lie : {99U, 2001U, UINT32_MAX, 0x80000000U}) {
        for (const uint32_t last : {lie, 100U, 200U, 2000U}) {
            const auto fresh = std::make_unique<Output>();
            Backend backend;

            EXPECT_EQ(fresh->write(numbered(2000)), 2000U);
            ASSERT_EQ(fresh->attach(backend.memory(), backend.room(), backend.size), PV_RULE_KEPT);
            (void)fresh->move();
            (void)fresh->publish();
            EXPECT_EQ(backend.take(100).size(), 100U);
            (void)fresh->move();
            pv_shared_store_release(backend.consumer(), lie);
            (void)fresh->move();
            EXPECT_FALSE(fresh->refused().empty());
            EXPECT_TRUE(fresh->arm());
            pv_shared_store_release(backend.consumer(), last);
            (void)fresh->move();
            EXPECT_EQ(fresh->delivered(), 100U);
            fresh->detach();
            EXPECT_EQ(fresh->delivered(), last == lie ? 100U : last);
            EXPECT_EQ(fresh->pending(), 2000U - fresh->delivered());
        }
    }
}

TEST_F(ConsoleOutput, ALieThatIsOnlySeenAtTheEndCountsNothing)
{
    Backend backend;

    EXPECT_EQ(output->write("hello"), 5U);
    attach(backend);
    push();
    pv_shared_store_release(backend.consumer(), 6);
    output->detach();
    EXPECT_EQ(output->pending(), 5U);
    EXPECT_TRUE(output->refused().empty());
}

TEST_F(ConsoleOutput, SleepsOnlyWhereItIsWoken)
{
    Backend backend;

    EXPECT_TRUE(output->arm());
    EXPECT_EQ(output->write(numbered(Output::buffer_bytes)), Output::buffer_bytes);
    EXPECT_TRUE(output->arm());
    attach(backend);
    push();
    ASSERT_TRUE(output->arm());
    // Woken when half of it is free, not before; and at the last, when all is.
    (void)backend.take(backend.size / 2 - 1);
    EXPECT_TRUE(output->arm());
    (void)backend.take(1);
    EXPECT_FALSE(output->arm());
    push();
    (void)backend.take(UINT16_MAX);
    push();
    ASSERT_TRUE(output->arm());
    EXPECT_EQ(backend.look(backend.size).size(), backend.size / 2);
    EXPECT_TRUE(pv_stream_release(&backend.reader));
    EXPECT_FALSE(output->arm());
    push();
    EXPECT_EQ(output->pending(), 0U);
    EXPECT_TRUE(output->arm());
}

TEST_F(ConsoleOutput, SeesThatItsReaderHasGone)
{
    Backend backend;

    attach(backend);
    EXPECT_FALSE(output->closed());
    pv_stream_reader_close(&backend.reader);
    EXPECT_TRUE(output->closed());
    output->detach();
    EXPECT_FALSE(output->closed());
}

} // namespace
} // namespace keel::console
