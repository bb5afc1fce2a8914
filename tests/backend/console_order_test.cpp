// SPDX-License-Identifier: Apache-2.0
//
// What the console stores before what. Built under an access policy in which a test looks around at
// each fence, as a death just then would leave things.
#include <array>
#include <functional>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend/console/input.hpp"
#include "backend/console/log.hpp"
#include "backend/console/output.hpp"
#include "fence.hpp"
#include "hypercall/host/clock.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::backend_test {
namespace {

constexpr uint32_t capacity = 64;
constexpr uint64_t mapped = sizeof(pv_ring_control) + capacity;
constexpr LoopFile pipe_file{0};
constexpr LoopToken token = 1;

class ConsoleOrder : public testing::Test {
  protected:
    ConsoleOrder()
    {
        std::array<int, 2> ends{};
        std::error_code error;
        EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reading_ = UniqueFd(ends[0]);
        writing_ = UniqueFd(ends[1]);
        ring_ = SharedMemory::create(mapped, SharedMemory::Pages::normal, error);
        log_ = SharedMemory::create(sizeof(console::Log), SharedMemory::Pages::normal, error);
        EXPECT_FALSE(error);
    }
    ~ConsoleOrder() override { at_fence = {}; }

    [[nodiscard]] static std::unique_ptr<Loop> loop_of(const UniqueFd &fd)
    {
        const std::array files = {fd.get()};
        auto made = Loop::make(files);
        EXPECT_TRUE(made.has_value()) << made.error().text;
        return std::move(*made);
    }
    // The result of what was started, which there must be at once.
    [[nodiscard]] static int32_t completion(Loop &loop)
    {
        EXPECT_TRUE(loop.wait(clock_now() + 1000000000).has_value());
        const auto done = loop.next();
        EXPECT_TRUE(done.has_value() && done->token == token);
        return done ? done->result : 0;
    }
    [[nodiscard]] uint32_t word(std::size_t offset) const
    {
        return pv_shared_load_relaxed(ring_.at(offset));
    }

    UniqueFd reading_;
    UniqueFd writing_;
    SharedMemory ring_;
    SharedMemory log_;
    pv_violations violations_{};
};

TEST_F(ConsoleOrder, InputIsLoggedBeforeItIsShown)
{
    const auto loop = loop_of(reading_);
    pv_stream_writer writer{};
    ASSERT_EQ(pv_stream_writer_attach(&writer, ring_.at(0), mapped, capacity, 0, &violations_),
              PV_RULE_KEPT);
    console::Input input(*loop, pipe_file, token, writer, log_);
    int fences = 0;
    at_fence = [&] {
        fences++;
        EXPECT_GE(console::input_shown(log_), word(offsetof(pv_ring_control, producer)));
    };
    (void)input.move();
    ASSERT_EQ(::write(writing_.get(), "typed", 5), 5);
    input.completed(completion(*loop));
    (void)input.move();
    EXPECT_EQ(word(offsetof(pv_ring_control, producer)), 5U);
    EXPECT_EQ(console::input_shown(log_), 5U);
    EXPECT_GT(fences, 0);
}

TEST_F(ConsoleOrder, OutputIsTakenBeforeItsRoomIsGivenBack)
{
    const auto loop = loop_of(writing_);
    pv_stream_writer guest{};
    pv_stream_reader reader{};
    ASSERT_EQ(pv_stream_writer_attach(&guest, ring_.at(0), mapped, capacity, 0, &violations_),
              PV_RULE_KEPT);
    ASSERT_EQ(pv_stream_reader_attach(&reader, ring_.at(0), mapped, capacity, 0, &violations_),
              PV_RULE_KEPT);
    console::Output output(*loop, pipe_file, token, reader);
    ASSERT_EQ(pv_stream_write(&guest, "shown", 5), 5U);
    (void)pv_stream_publish(&guest);
    int fences = 0;
    at_fence = [&] {
        int taken = 0;
        fences++;
        EXPECT_EQ(ioctl(reading_.get(), FIONREAD, &taken), 0);
        EXPECT_LE(word(offsetof(pv_ring_control, consumer)), static_cast<uint32_t>(taken));
    };
    (void)output.move(clock_now());
    EXPECT_EQ(word(offsetof(pv_ring_control, consumer)), 0U);
    EXPECT_TRUE(output.completed(completion(*loop)).has_value());
    (void)output.move(clock_now());
    EXPECT_EQ(word(offsetof(pv_ring_control, consumer)), 5U);
    EXPECT_GT(fences, 0);
}

} // namespace
} // namespace paravane::backend_test
