// SPDX-License-Identifier: Apache-2.0
//
// What a frontend does in each of its phases, whatever a backend's half of the store says.
#include <array>

#include <gtest/gtest.h>

#include "frontend-drivers/device/life_cycle.hpp"

namespace keel::device {
namespace {

constexpr uint64_t epoch = 7;
constexpr std::array phases = {Phase::apart, Phase::offered, Phase::connected, Phase::closing,
                               Phase::closed};

Action next(Phase phase, uint64_t state, uint64_t of = epoch)
{
    return next_action(phase, epoch, {state, of});
}

TEST(DeviceLifeCycle, TheUsualWay)
{
    EXPECT_EQ(next(Phase::apart, PV_DEVICE_INITIALISING), Action::wait);
    EXPECT_EQ(next(Phase::apart, PV_DEVICE_INIT_WAIT), Action::connect);
    EXPECT_EQ(next(Phase::offered, PV_DEVICE_INIT_WAIT), Action::wait);
    EXPECT_EQ(next(Phase::offered, PV_DEVICE_CONNECTED), Action::start);
    EXPECT_EQ(next(Phase::connected, PV_DEVICE_CONNECTED), Action::wait);
    EXPECT_EQ(next(Phase::closing, PV_DEVICE_CONNECTED), Action::wait);
    EXPECT_EQ(next(Phase::closing, PV_DEVICE_CLOSING), Action::wait);
    EXPECT_EQ(next(Phase::closing, PV_DEVICE_CLOSED), Action::finish);
}

TEST(DeviceLifeCycle, TheBackendEnds)
{
    EXPECT_EQ(next(Phase::offered, PV_DEVICE_CLOSING), Action::close);
    EXPECT_EQ(next(Phase::offered, PV_DEVICE_CLOSED), Action::finish);
    EXPECT_EQ(next(Phase::connected, PV_DEVICE_CLOSING), Action::close);
    EXPECT_EQ(next(Phase::connected, PV_DEVICE_CLOSED), Action::finish);
    EXPECT_EQ(next(Phase::connected, 0), Action::finish);
    EXPECT_EQ(next(Phase::offered, 0), Action::finish);
    EXPECT_EQ(next(Phase::closing, 0), Action::finish);
    EXPECT_EQ(next(Phase::closing, PV_DEVICE_INIT_WAIT), Action::finish);
}

TEST(DeviceLifeCycle, TheBackendBeginsAgain)
{
    EXPECT_EQ(next(Phase::connected, PV_DEVICE_INIT_WAIT), Action::rebuild);
    EXPECT_EQ(next(Phase::connected, PV_DEVICE_INITIALISING), Action::rebuild);
}

TEST(DeviceLifeCycle, AnotherEpochEndsWhatIsShared)
{
    for (uint64_t state = 1; state < PV_DEVICE_STATES; state++) {
        for (const uint64_t other : {epoch - 1, epoch + 1, uint64_t{0}}) {
            EXPECT_EQ(next(Phase::offered, state, other), Action::rebuild);
            EXPECT_EQ(next(Phase::connected, state, other), Action::rebuild);
            EXPECT_EQ(next(Phase::closing, state, other), Action::finish);
            EXPECT_EQ(next(Phase::apart, state, other), next(Phase::apart, state));
        }
    }
}

// Rings are made only where there are none, and a driver is started only on rings that were offered.
TEST(DeviceLifeCycle, NoBackendLeadsAstray)
{
    for (uint64_t state = 0; state < PV_DEVICE_STATES + 3; state++) {
        for (const uint64_t of : {epoch, epoch + 1}) {
            for (const Phase phase : phases) {
                const Action action = next(phase, state, of);
                EXPECT_EQ(action == Action::connect,
                          phase == Phase::apart && state == PV_DEVICE_INIT_WAIT);
                EXPECT_EQ(action == Action::start,
                          phase == Phase::offered && of == epoch && state == PV_DEVICE_CONNECTED);
            }
            EXPECT_EQ(next(Phase::closed, state, of), Action::wait);
        }
    }
}

TEST(DeviceLifeCycle, StatesFollowFromPhases)
{
    EXPECT_EQ(state_of(Phase::apart), PV_DEVICE_INITIALISING);
    EXPECT_EQ(state_of(Phase::offered), PV_DEVICE_INITIALISED);
    EXPECT_EQ(state_of(Phase::connected), PV_DEVICE_CONNECTED);
    EXPECT_EQ(state_of(Phase::closing), PV_DEVICE_CLOSING);
    EXPECT_EQ(state_of(Phase::closed), PV_DEVICE_CLOSED);
}

TEST(DeviceLifeCycle, PatienceGrowsUntilAConnectionLasts)
{
    Patience patience;
    uint64_t last = 0;

    for (int i = 0; i < 20; i++) {
        const uint64_t delay = patience.next();
        EXPECT_TRUE(delay > last || delay == Patience::last);
        last = delay;
    }
    EXPECT_EQ(last, Patience::last);
    patience.lasted(Patience::last - 1);
    EXPECT_EQ(patience.next(), Patience::last);
    patience.lasted(Patience::last);
    EXPECT_EQ(patience.next(), Patience::first);
}

} // namespace
} // namespace keel::device
