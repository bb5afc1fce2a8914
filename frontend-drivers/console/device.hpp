// SPDX-License-Identifier: Apache-2.0
//
// The console's frontend: text to the host and from it, through any number of connections. Used by the
// first vCPU alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "frontend-drivers/console/input.hpp"
#include "frontend-drivers/console/output.hpp"
#include "frontend-drivers/device/device.hpp"

extern "C" {
#include <paravane/console.h>
}

namespace keel::console {

class Console final : public device::Driver {
  public:
    // What it speaks. PV_CONSOLE_FEATURE_EVENTS is not among it: nothing here has a window.
    static constexpr pv_device_offer whole_offer = {PV_CONSOLE_VERSION, PV_CONSOLE_VERSION, 0};

    explicit Console(const Reader &reader = {}, const pv_device_offer &offer = whole_offer);
    ~Console() = default;

    [[nodiscard]] device::Device &device() { return device_; }

    // Takes as much as there is room for, and returns how much. What it took is delivered, in a later
    // connection if need be.
    [[nodiscard]] std::size_t write(std::string_view text);
    [[nodiscard]] std::size_t room() const { return output_.room(); }
    [[nodiscard]] bool full() const { return output_.room() == 0; }
    // All that was taken is delivered.
    [[nodiscard]] bool delivered() const { return output_.pending() == 0; }
    // Offers the reader again what it left.
    void read_on();

  private:
    [[nodiscard]] device::Plan plan(const pv_device_terms &terms) override;
    void start(const device::Connection &connection) override;
    void stop() override;

    void serve();
    [[nodiscard]] bool turn();
    [[nodiscard]] bool move();
    [[nodiscard]] bool usable();
    void give_up(std::string_view why);
    void notify() const;

    Reader reader_;
    Output output_;
    Input input_;
    Port port_; // none while there is no connection
    bool serving_ = false;
    Timer later_;
    device::Device device_;
};

} // namespace keel::console
