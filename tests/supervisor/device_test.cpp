// SPDX-License-Identifier: Apache-2.0
//
// The life cycle of backends, with a frontend that keeps to it, one that does not, and processes that die.
#include <array>

#include <fcntl.h>
#include <unistd.h>

#include "tests/supervisor/fixture.hpp"

namespace paravane {

namespace {

using DeviceLife = DeviceFixture;

TEST_F(DeviceLife, OffersWhatItCan)
{
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_EQ(of_backend("version-min"), "1");
    EXPECT_EQ(of_backend("version"), "3");
    EXPECT_EQ(of_backend("features"), "5");
    EXPECT_EQ(of_backend("epoch"), "1");
    const Answer<std::string_view> link_to =
        store.read({guest}, *StorePath::parse(front + "backend", guest));
    ASSERT_TRUE(link_to);
    EXPECT_EQ(std::string(*link_to) + "/", back);
}

TEST_F(DeviceLife, ShowsWhatItsKindHasToShow)
{
    ends.shown = {{"size", "12"}, {"colour", "3"}};
    make_device();
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_EQ(of_backend("size"), "12");
    EXPECT_EQ(of_backend("colour"), "3");
    ends.shown[0].value = "13";
    device->publish_properties();
    EXPECT_EQ(of_backend("size"), "13");
    EXPECT_FALSE(store.write({guest}, *StorePath::parse(back + "size", guest), "14"));
}

TEST_F(DeviceLife, AClaimThatItsKindCannotServeIsRefusedInWords)
{
    ends.problem = "rings like these are of no use";
    claim();
    as_guest("port-1", "9");
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), ends.problem);
    ASSERT_EQ(ends.claims.size(), 1U);
    EXPECT_EQ(ends.claims[0].rings.size(), 1U);
    EXPECT_EQ(ends.claims[0].ports, (std::vector<Port>{{3}, {9}}));
    EXPECT_EQ(domain->bound, (std::vector<uint32_t>{3, 9}));
    EXPECT_TRUE(until([&] { return domain->detached == domain->attached; }));
    EXPECT_TRUE(until([&] { return domain->unbound == domain->bound; }));
}

// Each at its place, whatever numbers they have here.
TEST_F(DeviceLife, AProcessInheritsWhatItIsLeft)
{
    std::vector<UniqueFd> reading;
    std::vector<UniqueFd> writing;
    for (int i = 0; i < 5; i++) {
        std::array<int, 2> pipe_ends{};
        ASSERT_EQ(pipe2(pipe_ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        reading.emplace_back(pipe_ends[0]);
        writing.emplace_back(pipe_ends[1]);
        ends.left.push_back(pipe_ends[1]);
    }
    claim(behaviour::inherits);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    for (std::size_t i = 0; i < reading.size(); i++) {
        unsigned char number = 0;
        ASSERT_EQ(read(reading[i].get(), &number, 1), 1) << i;
        EXPECT_EQ(number, 4 + i);
    }
}

TEST_F(DeviceLife, NothingIsGivenBackBeforeTheDrainIsOver)
{
    ends.holds = true;
    ends.words = "3 requests took 12 ms to drain";
    claim(behaviour::dies_once);
    ASSERT_TRUE(until([&] { return ends.draining; }));
    turn();
    EXPECT_EQ(domain->attached.size(), 1U);
    EXPECT_TRUE(domain->detached.empty());
    EXPECT_EQ(ends.finished, 0U);
    EXPECT_EQ(ends.prepared.size(), 1U);
    EXPECT_TRUE(told.empty());
    ends.release();
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_EQ(domain->detached.size(), 1U);
    EXPECT_EQ(ends.prepared, (std::vector<bool>{false, true}));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0], "the backend of thing 0 ended unexpectedly, with status 1; 3 requests took "
                       "12 ms to drain; another takes over");
}

TEST_F(DeviceLife, ADrainEndsWithItsGuest)
{
    ends.holds = true;
    claim(behaviour::dies);
    ASSERT_TRUE(until([&] { return ends.draining; }));
    device->abandon();
    EXPECT_TRUE(run(device->close()));
    EXPECT_EQ(domain->attached.size(), 1U);
}

TEST_F(DeviceLife, TheGuestCannotWriteWhatTheHostSays)
{
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_FALSE(store.write({guest}, *StorePath::parse(back + "state", guest), "4"));
    EXPECT_FALSE(store.write({guest}, *StorePath::parse(front + "backend", guest), "/"));
}

TEST_F(DeviceLife, AnotherGuestSeesNothing)
{
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    ASSERT_TRUE(store.introduce({8}));
    EXPECT_FALSE(store.read({{8}}, *StorePath::parse(back + "state", {8})));
    EXPECT_FALSE(store.read({{8}}, *StorePath::parse(front + "backend", {8})));
}

TEST_F(DeviceLife, ConnectsAndCloses)
{
    claim();
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_EQ(domain->bound, std::vector<uint32_t>{3});
    EXPECT_EQ(domain->attached.size(), 1U);
    as_guest("state", std::to_string(PV_DEVICE_CONNECTED));
    as_guest("state", std::to_string(PV_DEVICE_CLOSING));
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT)); // Closed goes by: the claim was taken back
    EXPECT_TRUE(until([&] { return domain->unbound == domain->bound; }));
    EXPECT_TRUE(until([&] { return domain->detached == domain->attached; }));
    EXPECT_EQ(ends.finished, 1U);
    claim();
    EXPECT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_TRUE(told.empty());
}

// A peer that is older than we are, one that is newer, and one that wants what was not offered.
TEST_F(DeviceLife, AnOlderFrontendChoosesWhatItSpeaks)
{
    claim();
    as_guest("version", "1");
    as_guest("features", "0");
    EXPECT_TRUE(becomes(PV_DEVICE_CONNECTED));
}

TEST_F(DeviceLife, AVersionTooNewIsRefusedInWords)
{
    as_guest("version", "4");
    as_guest("features", "1");
    as_guest("epoch", "1");
    as_guest("ring-0", "1 0 1");
    as_guest("port-0", "3");
    as_guest("state", "3");
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "version 4 with features 1 is not what was offered");
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0], "the guest has lost thing 0: version 4 with features 1 is not what was "
                       "offered");
    // And may come again with another.
    as_guest("state", "1");
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    claim();
    EXPECT_TRUE(becomes(PV_DEVICE_CONNECTED));
}

TEST_F(DeviceLife, WhoIsRefusedAgainAndAgainIsNotHeardOften)
{
    domain->no_such_port = 3;
    for (int turn = 0; turn < 1000; turn++) {
        claim();
        loop.restart();
        loop.poll();
        as_guest("state", std::to_string(PV_DEVICE_INITIALISING));
        loop.poll();
    }
    EXPECT_TRUE(until([&] { return !told.empty(); }));
    EXPECT_LE(told.size(), 2U);
}

struct Bad {
    const char *key;
    const char *value;
};

class BadClaim : public DeviceFixture, public testing::WithParamInterface<Bad> {};

TEST_P(BadClaim, IsRefused)
{
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    as_guest("version", "2");
    as_guest("features", "1");
    as_guest("epoch", "1");
    as_guest("ring-0", "1 0 1");
    as_guest("port-0", "3");
    as_guest(GetParam().key, GetParam().value);
    as_guest("state", "3");
    EXPECT_TRUE(becomes(PV_DEVICE_CLOSED)) << of_backend("state");
    EXPECT_NE(of_backend("error"), "(none)");
    EXPECT_TRUE(domain->attached.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadClaim,
    testing::Values(Bad{"version", "0"}, Bad{"version", "4294967297"}, Bad{"version", "x"},
                    Bad{"version", ""}, Bad{"version", "02"}, Bad{"version", "2 "},
                    Bad{"version", "2 2"}, Bad{"features", "2"}, Bad{"features", "-1"},
                    Bad{"features", "18446744073709551616"}, Bad{"ring-0", "0 0 1"},
                    Bad{"ring-0", "4096 0 1"}, Bad{"ring-0", "1 0"}, Bad{"ring-0", "1 0 1 1"},
                    Bad{"ring-0", "1 0 4294967296"}, Bad{"ring-0", "1  0 1"},
                    Bad{"ring-1", "nonsense"}, Bad{"port-0", "0"}, Bad{"port-0", "4096"},
                    Bad{"port-0", "3 3"},
                    Bad{"ring-0", "1 0 1                                                        "
                                  "                    "}));

TEST_F(DeviceLife, APortThatIsNotThereIsRefused)
{
    domain->no_such_port = 3;
    claim();
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "port 3: there is no such port");
    EXPECT_TRUE(domain->unbound.empty());
}

TEST_F(DeviceLife, AClaimOfAnotherEpochIsNotLookedAt)
{
    claim(behaviour::serves, "2");
    turn();
    EXPECT_TRUE(state_is(PV_DEVICE_INIT_WAIT));
    EXPECT_TRUE(domain->bound.empty());
}

TEST_F(DeviceLife, ARefusalByTheProcessIsTold)
{
    claim(behaviour::refuses);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "a rule");
    EXPECT_TRUE(until([&] { return domain->detached == domain->attached; }));
}

TEST_F(DeviceLife, ARefusalAfterTheConnectionIsTold)
{
    claim(behaviour::breaks_off);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "a rule");
}

TEST_F(DeviceLife, AnotherProcessTakesOver)
{
    claim(behaviour::dies_once);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    EXPECT_EQ(ends.prepared, (std::vector<bool>{false, true}));
    EXPECT_EQ(ends.finished, 1U);
    EXPECT_EQ(domain->attached.size(), 2U);
    EXPECT_EQ(domain->detached.size(), 1U);
    EXPECT_EQ(domain->bound.size(), 1U); // the ports stay
    EXPECT_EQ(of_backend("epoch"), "1");
}

TEST_F(DeviceLife, OneThatDiesAfterItDidSomethingIsNotGivenUp)
{
    ends.useful = true;
    claim(behaviour::dies);
    EXPECT_TRUE(until([&] { return ends.finished >= 12; }));
    EXPECT_EQ(of_backend("error"), "(none)");
    // Nor does it cost more than a start in 50 ms.
    const auto began = std::chrono::steady_clock::now();
    const std::size_t before = ends.finished;
    EXPECT_TRUE(until([&] { return ends.finished >= before + 5; }));
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(200));
}

TEST_F(DeviceLife, OneThatAlwaysDiesIsGivenUp)
{
    claim(behaviour::dies);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "its backend dies again and again");
    EXPECT_EQ(domain->attached.size(), 8U);
    EXPECT_TRUE(until([&] { return domain->detached == domain->attached; }));
}

TEST_F(DeviceLife, AProcessThatBabblesIsAsGoodAsDead)
{
    claim(behaviour::babbles);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(domain->attached.size(), 8U);
}

TEST_F(DeviceLife, OverdueKillsTheOneThatIsMeant)
{
    claim();
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    device->overdue({domain->attached[0] + 1});
    turn();
    EXPECT_EQ(domain->attached.size(), 1U);
    device->overdue({domain->attached[0]});
    EXPECT_TRUE(until([&] { return domain->attached.size() == 2; }));
    EXPECT_EQ(domain->detached.size(), 1U);
}

TEST_F(DeviceLife, ClosesForEver)
{
    claim();
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    ASSERT_TRUE(run(device->close()));
    EXPECT_TRUE(state_is(PV_DEVICE_CLOSED));
    EXPECT_EQ(ends.finished, 1U);
    device.reset();
    EXPECT_EQ(of_backend("state"), "(none)");
}

TEST_F(DeviceLife, OneThatHangsIsKilled)
{
    claim(behaviour::hangs);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    as_guest("state", std::to_string(PV_DEVICE_CLOSING));
    EXPECT_TRUE(until([&] { return ends.finished > 0; }));
}

TEST_F(DeviceLife, ASuspendEndsTheEpoch)
{
    claim();
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    as_guest("state", std::to_string(PV_DEVICE_CONNECTED));
    ASSERT_TRUE(run(device->suspend(2)));
    EXPECT_EQ(ends.finished, 1U);
    EXPECT_TRUE(until([&] { return domain->detached == domain->attached; }));
    device->resume();
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    EXPECT_EQ(of_backend("epoch"), "2");
    // What was claimed is of an epoch that is over; the next claim is not.
    claim(behaviour::serves, "2");
    EXPECT_TRUE(becomes(PV_DEVICE_CONNECTED));
}

// Its guest ends in the middle: both are waited for, and both come back.
TEST_F(DeviceLife, ASuspendAndAnEndAtTheSameTime)
{
    claim(behaviour::hangs);
    ASSERT_TRUE(becomes(PV_DEVICE_CONNECTED));
    bool suspended = false;
    bool closed = false;
    boost::asio::co_spawn(loop, device->suspend(2),
                          [&](const std::exception_ptr &) { suspended = true; });
    boost::asio::co_spawn(loop, device->close(),
                          [&](const std::exception_ptr &) { closed = true; });
    turn();
    device->abandon();
    EXPECT_TRUE(until([&] { return suspended && closed; }));
}

TEST_F(DeviceLife, WhoSaysUnaskedThatItHasPartedHasDied)
{
    claim(behaviour::parts);
    EXPECT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error"), "its backend dies again and again");
}

TEST_F(DeviceLife, ARefusalIsALineAndNotEndless)
{
    claim(behaviour::rants);
    ASSERT_TRUE(becomes(PV_DEVICE_CLOSED));
    EXPECT_EQ(of_backend("error").size(), 300U);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].find_first_of("\x1b\n"), std::string::npos);
}

TEST_F(DeviceLife, ASuspendWithoutAConnection)
{
    ASSERT_TRUE(becomes(PV_DEVICE_INIT_WAIT));
    ASSERT_TRUE(run(device->suspend(2)));
    device->resume();
    EXPECT_TRUE(until([&] { return of_backend("epoch") == "2"; }));
}

TEST_F(DeviceLife, ADomainThatIsGoneEndsIt)
{
    domain->mute = true;
    claim();
    ASSERT_TRUE(until([&] { return !domain->attached.empty(); }));
    link->end();
    EXPECT_TRUE(run(device->close()));
}

} // namespace

} // namespace paravane
