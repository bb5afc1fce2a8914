// SPDX-License-Identifier: Apache-2.0
//
// The adder's frontend: keeps the device busy and checks every answer against what it asked.
#pragma once

#include <cstdint>
#include <vector>

#include "device.hpp"

namespace paravane::demo {

struct Traffic {
    uint64_t asked = 0;
    uint64_t answered = 0;
    uint64_t wrong = 0;
    uint64_t publishes = 0;
    uint64_t notifications = 0; // sent to the backend
    uint64_t sleeps = 0;
};

class Frontend {
  public:
    explicit Frontend(Device &device) : device_(device) {}

    // Formats the rings and attaches; before any backend starts.
    [[nodiscard]] pv_rule attach();

    // One round: asks as much as there is room for when `ask`, takes what was answered, and sleeps for
    // at most `milliseconds` if there was neither. False: it slept in vain, or the backend broke a rule.
    [[nodiscard]] bool turn(bool ask, int milliseconds);

    // No more requests will come.
    void close();

    [[nodiscard]] const Traffic &traffic() const { return traffic_; }
    [[nodiscard]] uint64_t pending() const { return traffic_.asked - traffic_.answered; }
    [[nodiscard]] pv_rule refused() const;

  private:
    uint32_t ask();
    uint32_t take();

    Device &device_;
    pv_violations violations_ = {};
    pv_frontend_queue queue_ = {};
    std::vector<uint64_t> expected_; // the sum, by request id
    Traffic traffic_;
};

} // namespace paravane::demo
