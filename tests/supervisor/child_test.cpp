// SPDX-License-Identifier: Apache-2.0
//
// What a process inherits lies where it looks for it, also where those numbers are taken here.
#include <array>
#include <vector>

#include <capnp/message.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "generated/control/backend.capnp.h"
#include "hypercall/control/child.hpp"
#include "hypercall/control/packet.hpp"
#include "tests/supervisor/behaviour.hpp"

namespace paravane {

namespace {

constexpr int inherited = 3;

struct Pipe {
    UniqueFd reading;
    UniqueFd writing;
};

Pipe make_pipe()
{
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// In a process of its own, whose descriptors it may move. `places`: of the socket, then of the pipes.
int start_from(const std::array<int, inherited + 1> &places, std::array<Pipe, inherited> &pipes)
{
    auto sockets = control::make_socket_pair();
    if (!sockets)
        return 1;
    // Far away first, so that nothing is overwritten that is to be moved yet.
    std::array<int, inherited + 1> far{};
    for (std::size_t i = 0; i < far.size(); i++)
        far[i] = fcntl(i == 0 ? sockets->second.get() : pipes[i - 1].writing.get(), F_DUPFD_CLOEXEC,
                       500);
    const int ours = fcntl(sockets->first.get(), F_DUPFD_CLOEXEC, 500);
    for (std::size_t i = 0; i < far.size(); i++)
        if (dup3(far[i], places[i], O_CLOEXEC) < 0)
            return 2;
    const std::vector<int> left(places.begin() + 1, places.end());
    Result<Child> child =
        Child::start(program_beside("paravane-test-backend"), UniqueFd(places[0]), {left, {}});
    if (!child)
        return 3;
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToBackend>().initConnect().initRings(1)[0].setSize(
        behaviour::inherits);
    if (!control::send_packet(ours, message) || !control::Packet::receive(ours))
        return 4;
    return 0;
}

class Children : public testing::TestWithParam<std::array<int, inherited + 1>> {};

TEST_P(Children, FindWhatTheyAreLeft)
{
    std::array<Pipe, inherited> pipes = {make_pipe(), make_pipe(), make_pipe()};
    const pid_t pid = fork();
    if (pid == 0)
        _exit(start_from(GetParam(), pipes));
    int status = 0;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    for (std::size_t i = 0; i < pipes.size(); i++) {
        unsigned char number = 0;
        pipes[i].writing = UniqueFd();
        ASSERT_EQ(read(pipes[i].reading.get(), &number, 1), 1) << i;
        EXPECT_EQ(number, 4 + i);
        EXPECT_EQ(read(pipes[i].reading.get(), &number, 1), 0) << "more than one place";
    }
}

INSTANTIATE_TEST_SUITE_P(From, Children,
                         testing::Values(std::array{3, 4, 5, 6}, std::array{6, 5, 4, 3},
                                         std::array{4, 3, 6, 5}, std::array{5, 6, 3, 4},
                                         std::array{40, 41, 42, 43}, std::array{4, 5, 6, 7}));

TEST(ChildrensCores, AreTheirsAndNotTheirParents)
{
    cpu_set_t ours;
    cpu_set_t theirs;
    ASSERT_EQ(sched_getaffinity(0, sizeof(ours), &ours), 0);
    int core = 0;
    while (!CPU_ISSET(static_cast<unsigned int>(core), &ours))
        core++;
    auto sockets = control::make_socket_pair();
    ASSERT_TRUE(sockets);

    Result<Child> child = Child::start(program_beside("paravane-test-backend"),
                                       std::move(sockets->second), {{}, {core}});
    ASSERT_TRUE(child);
    ASSERT_EQ(sched_getaffinity(child->pid(), sizeof(theirs), &theirs), 0);
    EXPECT_EQ(CPU_COUNT(&theirs), 1);
    EXPECT_TRUE(CPU_ISSET(static_cast<unsigned int>(core), &theirs));
    ASSERT_EQ(sched_getaffinity(0, sizeof(theirs), &theirs), 0);
    EXPECT_TRUE(CPU_EQUAL(&ours, &theirs));
}

TEST(ChildrensCores, MustBeThere)
{
    auto sockets = control::make_socket_pair();
    ASSERT_TRUE(sockets);
    Result<Child> child = Child::start(program_beside("paravane-test-backend"),
                                       std::move(sockets->second), {{}, {CPU_SETSIZE - 1}});
    EXPECT_FALSE(child);
}

} // namespace

} // namespace paravane
