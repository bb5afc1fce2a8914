// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/console/input.hpp"

namespace keel::console {
namespace {

struct Backend {
    Backend()
    {
        EXPECT_EQ(
            pv_stream_writer_attach(&writer, memory(), room(), Input::ring_bytes, 0, &violations),
            PV_RULE_KEPT);
    }

    [[nodiscard]] pv_shared memory() { return pv_shared_from_pointer(lines.data()); }
    [[nodiscard]] static uint64_t room() { return sizeof(pv_ring_control) + Input::ring_bytes; }
    uint32_t give(std::string_view text)
    {
        const uint32_t given =
            pv_stream_write(&writer, text.data(), static_cast<uint32_t>(text.size()));
        (void)pv_stream_publish(&writer);
        return given;
    }

    struct alignas(PV_RING_LINE) Line {
        std::array<unsigned char, PV_RING_LINE> bytes{};
    };
    std::vector<Line> lines = std::vector<Line>(room() / sizeof(Line));
    pv_stream_writer writer{};
    pv_violations violations{};
};

class ConsoleInput : public ::testing::Test {
  protected:
    void attach(Backend &to)
    {
        ASSERT_EQ(input->attach(to.memory(), Backend::room(), Input::ring_bytes), PV_RULE_KEPT);
    }
    // As the driver does, until nothing moves.
    void serve()
    {
        while (input->offer(reader) || input->move())
            (void)input->release();
    }

    std::unique_ptr<Input> input = std::make_unique<Input>();
    std::string read;
    std::size_t appetite = SIZE_MAX; // how much is read before it takes no more
    Reader reader = {[](void *context, std::string_view text) {
                         auto &test = *static_cast<ConsoleInput *>(context);
                         const std::size_t taken = std::min(text.size(), test.appetite);
                         test.read += text.substr(0, taken);
                         test.appetite -= taken;
                         return taken;
                     },
                     this};
};

TEST_F(ConsoleInput, ComesInOrder)
{
    Backend backend;
    std::string text;

    for (int i = 0; i < 900; i++)
        text += std::to_string(i) + ',';
    attach(backend);
    for (std::size_t given = 0; given < text.size();) {
        given += backend.give(std::string_view(text).substr(given));
        serve();
    }
    EXPECT_EQ(read, text);
    EXPECT_EQ(input->waiting(), 0U);
}

TEST_F(ConsoleInput, WaitsForAReaderWithoutAppetite)
{
    Backend backend;
    const std::string text(3000, 'x');

    attach(backend);
    appetite = 700;
    EXPECT_EQ(backend.give(text), text.size());
    serve();
    EXPECT_EQ(read.size(), 700U);
    EXPECT_GT(input->waiting(), 0U);
    EXPECT_TRUE(input->arm());
    // The ring fills up meanwhile, and no further.
    EXPECT_LT(backend.give(std::string(5000, 'y')), 5000U);
    appetite = SIZE_MAX;
    serve();
    EXPECT_EQ(read.substr(0, text.size()), text);
    EXPECT_TRUE(input->arm());
    (void)backend.give("z");
    EXPECT_FALSE(input->arm());
}

TEST_F(ConsoleInput, KeepsWhatTheLastConnectionGave)
{
    Backend first;
    Backend second;
    const std::string text(Input::ring_bytes, 'x');

    attach(first);
    appetite = 10;
    EXPECT_EQ(first.give(text), text.size());
    serve();
    EXPECT_EQ(first.give(std::string(512, 'y')), 512U);
    input->detach();
    EXPECT_FALSE(input->move());
    attach(second);
    EXPECT_EQ(second.give("end"), 3U);
    appetite = SIZE_MAX;
    serve();
    EXPECT_EQ(read, text + std::string(512, 'y') + "end");
}

TEST_F(ConsoleInput, ReadersAreNotBelievedEither)
{
    Backend backend;
    const Reader greedy = {[](void *, std::string_view) { return SIZE_MAX; }, nullptr};

    attach(backend);
    EXPECT_FALSE(input->offer(greedy));
    EXPECT_EQ(backend.give("abc"), 3U);
    EXPECT_TRUE(input->move());
    EXPECT_FALSE(input->offer({}));
    EXPECT_TRUE(input->offer(greedy));
    EXPECT_EQ(input->waiting(), 0U);
}

TEST_F(ConsoleInput, RefusesALiar)
{
    Backend backend;

    attach(backend);
    EXPECT_EQ(backend.give("abc"), 3U);
    serve();
    pv_shared_store_release(
        pv_shared_at(backend.memory(), offsetof(pv_ring_control, producer.index)), 2);
    EXPECT_FALSE(input->move());
    EXPECT_FALSE(input->refused().empty());
    EXPECT_TRUE(input->arm());
    input->detach();
    EXPECT_TRUE(input->refused().empty());
    EXPECT_EQ(input->waiting(), 0U);
}

TEST_F(ConsoleInput, SeesTheEnd)
{
    Backend backend;

    attach(backend);
    EXPECT_EQ(backend.give("abc"), 3U);
    pv_stream_writer_close(&backend.writer);
    EXPECT_FALSE(input->ended());
    serve();
    EXPECT_TRUE(input->ended());
    EXPECT_EQ(read, "abc");
}

} // namespace
} // namespace keel::console
