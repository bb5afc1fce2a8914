// SPDX-License-Identifier: Apache-2.0
//
// Control packets from a stranger: whatever comes, it is a message or a Problem, and no descriptor stays.
#include <array>
#include <cstring>
#include <random>

#include <capnp/any.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "generated/control/domain.capnp.h"
#include "guest.hpp"
#include "hypercall/control/packet.hpp"

namespace paravane::hypercall_test {
namespace {

using control::Packet;
constexpr std::size_t word = sizeof(capnp::word);

class PacketTest : public testing::Test {
  protected:
    PacketTest()
    {
        auto ends = control::make_socket_pair();
        EXPECT_TRUE(ends.has_value());
        std::tie(ours_, theirs_) = std::move(*ends);
        before_ = open_descriptors();
    }
    ~PacketTest() override { EXPECT_EQ(open_descriptors(), before_); }

    void send_raw(const void *bytes, std::size_t count, const std::vector<int> &fds = {}) const
    {
        std::vector<char> space(CMSG_SPACE(sizeof(int) * fds.size()));
        iovec vector = {const_cast<void *>(bytes), count};
        msghdr head = {};
        head.msg_iov = &vector;
        head.msg_iovlen = 1;
        if (!fds.empty()) {
            head.msg_control = space.data();
            head.msg_controllen = space.size();
            cmsghdr *rights = CMSG_FIRSTHDR(&head);
            rights->cmsg_level = SOL_SOCKET;
            rights->cmsg_type = SCM_RIGHTS;
            rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
            std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
        }
        ASSERT_EQ(sendmsg(theirs_.get(), &head, MSG_DONTWAIT), static_cast<ssize_t>(count));
    }
    [[nodiscard]] Result<Packet> receive() const { return Packet::receive(ours_.get()); }
    // Why it is none.
    [[nodiscard]] std::string problem() const
    {
        const Result<Packet> packet = receive();
        EXPECT_FALSE(packet.has_value());
        return packet ? "" : packet.error().text;
    }
    static void fill(capnp::MallocMessageBuilder &message)
    {
        auto start = message.initRoot<control::ToDomain>().initStart();
        start.setId(7);
        start.setMemory(uint64_t{1} << 40);
        start.setCommandLine("one two");
    }

    UniqueFd ours_;
    UniqueFd theirs_;

  private:
    std::size_t before_ = 0;
};

TEST_F(PacketTest, CarriesAMessageAndDescriptors)
{
    capnp::MallocMessageBuilder message;
    fill(message);
    const std::array fds = {0, 1, 2};
    ASSERT_TRUE(control::send_packet(theirs_.get(), message, fds).has_value());
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    const auto start = packet->root<control::ToDomain>().getStart();
    EXPECT_EQ(start.getId(), 7);
    EXPECT_EQ(start.getMemory(), uint64_t{1} << 40);
    EXPECT_STREQ(start.getCommandLine().cStr(), "one two");
    ASSERT_EQ(packet->fd_count(), 3U);
    const UniqueFd second = packet->take_fd(1);
    EXPECT_TRUE(second);
    EXPECT_NE(fcntl(second.get(), F_GETFD) & FD_CLOEXEC, 0);
    struct stat sent = {};
    struct stat got = {};
    EXPECT_EQ(fstat(1, &sent), 0);
    EXPECT_EQ(fstat(second.get(), &got), 0);
    EXPECT_EQ(sent.st_ino, got.st_ino);
    EXPECT_FALSE(packet->take_fd(1));
    EXPECT_FALSE(packet->take_fd(3));
    EXPECT_FALSE(packet->take_fd(SIZE_MAX));
}

TEST_F(PacketTest, StaysWholeWhenMoved)
{
    capnp::MallocMessageBuilder message;
    fill(message);
    ASSERT_TRUE(control::send_packet(theirs_.get(), message).has_value());
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    Packet moved = std::move(*packet);
    EXPECT_STREQ(moved.root<control::ToDomain>().getStart().getCommandLine().cStr(), "one two");
}

TEST_F(PacketTest, SendsNoMoreThanItsLimits)
{
    constexpr std::size_t most = control::packet_fds_max;
    capnp::MallocMessageBuilder large;
    large.initRoot<control::FromDomain>().initRefused(control::packet_bytes_max);
    EXPECT_FALSE(control::send_packet(theirs_.get(), large).has_value());
    capnp::MallocMessageBuilder message;
    fill(message);
    EXPECT_FALSE(
        control::send_packet(theirs_.get(), message, std::array<int, most + 1>{}).has_value());
    EXPECT_EQ(recv(ours_.get(), &large, 1, MSG_DONTWAIT), -1);
    EXPECT_TRUE(control::send_packet(theirs_.get(), message, std::array<int, most>{}).has_value());
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    EXPECT_EQ(packet->fd_count(), most);
}

TEST_F(PacketTest, TakesAsMuchAsItSends)
{
    // In one segment: its table, the root, the struct of two words, and the text with its zero.
    constexpr std::size_t text = control::packet_bytes_max - 4 * word - 1;
    for (const std::size_t more : {0U, 1U}) {
        capnp::MallocMessageBuilder message(control::packet_bytes_max / word + 1);
        message.initRoot<control::FromDomain>().initRefused(static_cast<unsigned int>(text + more));
        const Result<void> sent = control::send_packet(theirs_.get(), message);
        EXPECT_EQ(sent.has_value(), more == 0);
    }
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    EXPECT_EQ(packet->root<control::FromDomain>().getRefused().size(), text);
}

TEST_F(PacketTest, NeverWaitsForAPeerThatDoesNotRead)
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromDomain>().initRefused(30000);
    Result<void> sent;
    int packets = 0;
    while (sent && packets < 1000) {
        sent = control::send_packet(theirs_.get(), message);
        packets++;
    }
    EXPECT_FALSE(sent.has_value());
    EXPECT_LT(packets, 1000);
}

TEST_F(PacketTest, SaysThatThePeerHasGone)
{
    {
        const UniqueFd gone = std::move(theirs_);
    }
    EXPECT_EQ(problem(), "the other process has gone");
    capnp::MallocMessageBuilder message;
    fill(message);
    EXPECT_FALSE(control::send_packet(ours_.get(), message).has_value());
    EXPECT_FALSE(Packet::receive(-1).has_value());
    theirs_ = UniqueFd(dup(0)); // as many as before
}

TEST_F(PacketTest, RefusesSizesThatNoMessageHas)
{
    const std::vector<char> zeros(control::packet_bytes_max + word);
    for (const std::size_t bytes : {std::size_t{1}, word - 1, word + 1, zeros.size()}) {
        send_raw(zeros.data(), bytes, {0, 1});
        EXPECT_EQ(problem(), "a control message of a wrong size") << bytes;
    }
}

TEST_F(PacketTest, RefusesMoreDescriptorsThanItTakes)
{
    capnp::MallocMessageBuilder message;
    fill(message);
    const auto words = capnp::messageToFlatArray(message);
    send_raw(words.begin(), words.size() * word, std::vector(control::packet_fds_max + 1, 0));
    EXPECT_EQ(problem(), "a control message of a wrong size");
    send_raw(words.begin(), words.size() * word, std::vector(200, 0));
    EXPECT_EQ(problem(), "a control message of a wrong size");
}

TEST_F(PacketTest, RefusesTablesOfSegmentsThatLie)
{
    for (const uint32_t segments : {1U, 2U, 511U, 100000U, UINT32_MAX - 1, UINT32_MAX}) {
        for (const uint32_t words : {0U, 1U, 100U, UINT32_MAX}) {
            std::array<uint32_t, 8> message{};
            message[0] = segments;
            for (std::size_t i = 1; i < message.size(); i++)
                message[i] = words;
            send_raw(message.data(), sizeof(message), {0});
            Result<Packet> packet = receive();
            if (!packet)
                continue;
            try {
                (void)packet->root<control::ToDomain>().which();
            } catch (const kj::Exception &) {
                continue;
            }
        }
    }
}

TEST_F(PacketTest, IsAProblemWhenItIsNoMessage)
{
    const std::array<uint32_t, 2> longer = {0, 1000};
    send_raw(longer.data(), sizeof(longer), {0, 1});
    const std::string text = problem();
    EXPECT_EQ(text.rfind("a control message that is none: ", 0), 0U);
    EXPECT_EQ(text.find('\n'), std::string::npos);
}

// Every cut and every wrong byte of a good message.
TEST_F(PacketTest, StandsWhateverIsWrong)
{
    capnp::MallocMessageBuilder message;
    fill(message);
    const auto words = capnp::messageToFlatArray(message);
    const auto good = words.asBytes();
    const auto read = [this] {
        Result<Packet> packet = receive();
        if (!packet)
            return;
        try {
            const auto root = packet->root<control::ToDomain>();
            if (root.which() == control::ToDomain::START) {
                (void)root.getStart().getCommandLine().size();
                (void)root.getStart().getImageName().size();
            }
        } catch (const kj::Exception &) {
            return;
        }
    };
    for (std::size_t bytes = word; bytes < good.size(); bytes += word) {
        send_raw(good.begin(), bytes, {0});
        read();
    }
    for (std::size_t bit = 0; bit < good.size() * 8; bit++) {
        std::vector<unsigned char> bad(good.begin(), good.end());
        bad[bit / 8] = static_cast<unsigned char>(bad[bit / 8] ^ 1U << bit % 8);
        send_raw(bad.data(), bad.size(), {0});
        read();
    }
    std::mt19937_64 random(1);
    for (int i = 0; i < 1000; i++) {
        std::array<uint64_t, 8> noise{};
        for (uint64_t &one : noise)
            one = random();
        noise[0] = 7ULL << 32; // one segment of all the rest
        send_raw(noise.data(), sizeof(noise), {0, 1});
        read();
    }
}

// A list whose elements take no room, or that is read again and again, costs the reader its time.
TEST_F(PacketTest, BoundsTheReading)
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromDomain>().initRefused(60000);
    ASSERT_TRUE(control::send_packet(theirs_.get(), message).has_value());
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    std::size_t reads = 0;
    try {
        for (; reads < 1000; reads++)
            (void)packet->root<control::FromDomain>().getRefused().size();
    } catch (const kj::Exception &) {
    }
    EXPECT_GT(reads, 0U);
    EXPECT_LT(reads, 10U);
}

TEST_F(PacketTest, BoundsTheNesting)
{
    // A list of two pointers, each of which leads to that list again.
    const auto list = [](uint64_t words_back) {
        return (((~words_back + 1) << 2) & UINT32_MAX) | 1U | 6ULL << 32 | 2ULL << 35;
    };
    const std::array<uint64_t, 4> bomb = {3ULL << 32, list(0), list(1), list(2)};
    send_raw(bomb.data(), sizeof(bomb));
    Result<Packet> packet = receive();
    ASSERT_TRUE(packet.has_value());
    auto place = packet->root<capnp::AnyPointer>();
    int depth = 0;
    EXPECT_THROW(
        {
            for (; depth < 1000; depth++)
                place = place.getAs<capnp::AnyList>().as<capnp::List<capnp::AnyPointer>>()[0];
        },
        kj::Exception);
    EXPECT_GT(depth, 4);
    EXPECT_LE(depth, 16);
}

TEST_F(PacketTest, KeepsDescriptorsFromOtherPrograms)
{
    EXPECT_NE(fcntl(ours_.get(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_NE(fcntl(theirs_.get(), F_GETFD) & FD_CLOEXEC, 0);
}

} // namespace
} // namespace paravane::hypercall_test
