// SPDX-License-Identifier: Apache-2.0
//
// What a frontend does next, by where it stands and what the backend's half of the store says. The same
// for every device.
#pragma once

#include <cstdint>

extern "C" {
#include <paravane/device.h>
}

namespace keel::device {

// Where the frontend stands. The state that it writes for the backend to see follows from it.
enum class Phase : uint8_t {
    apart,     // nothing is shared; it waits for an offer
    offered,   // rings and ports are there, and the backend was told of them
    connected, // the driver runs
    closing,   // the rings are there until the backend says that it has finished
    closed     // nothing is shared, nor will be before it is opened again
};

[[nodiscard]] pv_device_state state_of(Phase phase);

// What the backend's directory says. State 0: it is not there, or not to be understood.
struct Backend {
    uint64_t state = 0; // enum pv_device_state
    uint64_t epoch = 0;
};

enum class Action : uint8_t {
    wait,
    connect, // accept the offer: make rings and ports, and tell of them
    start,   // the backend has connected: let the driver run
    rebuild, // give all up that was shared, and begin again at once
    close,   // say Closing
    finish   // give all up that was shared, and say Closed
};

// `epoch` is that of the connection that the frontend has made; it matters where something is shared.
[[nodiscard]] Action next_action(Phase phase, uint64_t epoch, const Backend &backend);

// How long to wait before the next attempt, after a connection that came to nothing: longer each time.
class Patience {
  public:
    static constexpr uint64_t first = 100'000'000; // ns
    static constexpr uint64_t last = 10'000'000'000;

    [[nodiscard]] uint64_t next();
    // A connection lasted so long, ns.
    void lasted(uint64_t time);

  private:
    uint64_t delay_ = first;
};

} // namespace keel::device
