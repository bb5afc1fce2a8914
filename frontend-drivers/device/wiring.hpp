// SPDX-License-Identifier: Apache-2.0
//
// What a frontend shares with its backend: memory with the rings, and ports.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "frontend-drivers/device/driver.hpp"
#include "frontend-drivers/device/values.hpp"
#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/store/client.hpp"

namespace keel::device {

class Wiring {
  public:
    // Where all backends are.
    static constexpr uint16_t host = 0;

    Wiring() = default;
    Wiring(const Wiring &) = delete;
    Wiring &operator=(const Wiring &) = delete;
    ~Wiring();

    // Empty, or why it could not be made; then there is nothing.
    [[nodiscard]] std::string_view make(const Plan &plan);
    // Writes where rings and ports are, and removes what an earlier connection had more of.
    [[nodiscard]] store::Error tell(store::Client &store, Directory &directory,
                                    store::Transaction transaction) const;
    // Closes the ports and takes the grant back. The rings stay where they are, for a last look.
    void withdraw();
    // Gives the memory back, too.
    void drop();

    [[nodiscard]] std::span<const Ring> rings() const
    {
        return std::span(rings_).first(ring_count_);
    }
    [[nodiscard]] std::span<const Port> ports() const
    {
        return std::span(ports_).first(port_count_);
    }

  private:
    [[nodiscard]] bool make_rings(const Plan &plan);
    [[nodiscard]] bool make_ports(uint32_t count);

    GrantedMemory memory_;
    std::array<Ring, PV_DEVICE_RINGS_MAX> rings_{};
    std::size_t ring_count_ = 0;
    std::array<Port, PV_DEVICE_PORTS_MAX> ports_{};
    std::size_t port_count_ = 0;
};

} // namespace keel::device
