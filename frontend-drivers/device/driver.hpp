// SPDX-License-Identifier: Apache-2.0
//
// What a device's driver is to the life cycle: it says which rings it needs, and is told when it has them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "frontend-drivers/device/properties.hpp"
#include "frontend-drivers/keel/hypercall.hpp"

extern "C" {
#include <paravane/device.h>
#include <paravane/shared.h>
}

namespace keel::device {

// The rings and ports of a connection, before they are made.
class Plan {
  public:
    struct Ring {
        uint32_t size = 0;  // slots, or a stream's bytes
        uint64_t bytes = 0; // of memory, the control block included
    };

    void add_ring(uint32_t size, uint64_t bytes)
    {
        if (rings_ < ring_.size())
            ring_[rings_++] = {size, bytes};
    }
    void set_ports(uint32_t ports) { ports_ = ports; }

    [[nodiscard]] std::span<const Ring> rings() const { return std::span(ring_).first(rings_); }
    [[nodiscard]] uint32_t ports() const { return ports_; }

  private:
    std::array<Ring, PV_DEVICE_RINGS_MAX> ring_{};
    uint32_t rings_ = 0;
    uint32_t ports_ = 0;
};

// A ring that is there: formatted, and granted.
struct Ring {
    pv_shared memory = {0};
    uint32_t size = 0;
    uint64_t bytes = 0;
    uint64_t offset = 0; // into what is granted
};

struct Connection {
    pv_device_terms terms = {};
    std::span<const Ring> rings;
    std::span<const Port> ports;
};

class Driver {
  public:
    Driver() = default;
    Driver(const Driver &) = delete;
    Driver &operator=(const Driver &) = delete;

    // What the backend says of itself: before each plan(), and while connected whenever it may have changed.
    // False: no connection is to be had with such a backend. The event loop turns meanwhile, so the driver
    // may be used; it is not planned, started or stopped.
    [[nodiscard]] virtual bool learn(Properties & /*properties*/) { return true; }
    // Of a connection under these terms, which are within what was offered.
    [[nodiscard]] virtual Plan plan(const pv_device_terms &terms) = 0;
    // Rings and ports are good until stop() has returned. The ports have no handlers yet.
    virtual void start(const Connection &connection) = 0;
    // Nobody else uses the rings any more, and what is in them is final; the ports are gone. What was not
    // delivered is the driver's to keep. Only after a start.
    virtual void stop() = 0;

  protected:
    ~Driver() = default;
};

} // namespace keel::device
