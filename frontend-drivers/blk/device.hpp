// SPDX-License-Identifier: Apache-2.0
//
// A disk's frontend: its queues, one a vCPU where the host offers as many, through any number of connections.
// Made, opened and ended on the first vCPU.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "frontend-drivers/blk/channel.hpp"
#include "frontend-drivers/blk/geometry.hpp"
#include "frontend-drivers/device/device.hpp"
#include "frontend-drivers/keel/grants.hpp"

namespace keel::blk {

struct Options {
    uint32_t queues = 0;  // 0: one for each vCPU
    uint32_t depth = 256; // of each queue, rounded down to a power of two
    bool indirect =
        false; // requests of more than two segments: a page of the arena for each in flight
};

class Disk final : public device::Driver {
  public:
    explicit Disk(uint32_t number, const Options &options = {});
    // No request is to be in flight, or it is lost.
    ~Disk();

    [[nodiscard]] device::Device &device() { return device_; }
    [[nodiscard]] const device::Device &device() const { return device_; }

    // What the backend said last. How many sectors there are may grow, and any vCPU may ask.
    [[nodiscard]] const Geometry &geometry() const { return geometry_; }
    [[nodiscard]] uint64_t sectors() const { return sectors_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool read_only() const
    {
        return (device_.terms().features & PV_BLK_FEATURE_READ_ONLY) != 0;
    }
    // 0 before the first connection, and from then on always as many: a host that later allows fewer, or not so
    // deep ones, is not connected to.
    [[nodiscard]] uint32_t queues() const { return queues_; }
    [[nodiscard]] uint32_t depth() const { return shape_.depth; }
    [[nodiscard]] Channel &channel(uint32_t number) { return *channels_[number]; }
    [[nodiscard]] const Channel &channel(uint32_t number) const { return *channels_[number]; }

  private:
    [[nodiscard]] bool learn(device::Properties &properties) override;
    [[nodiscard]] device::Plan plan(const pv_device_terms &terms) override;
    void start(const device::Connection &connection) override;
    void stop() override;

    void make_channels();
    void on_trouble();

    uint32_t number_;
    Options options_;
    Geometry geometry_;
    Shape shape_;
    std::atomic<uint64_t> sectors_ = 0;
    bool told_ = false; // the backend knows that we know so many sectors
    Port trouble_;      // raised at the first vCPU
    uint32_t queues_ = 0;
    std::array<std::unique_ptr<Channel>, PV_BLK_QUEUES_LIMIT> channels_;
    std::array<GrantedMemory, PV_BLK_QUEUES_LIMIT> tables_;
    device::Device device_;
};

} // namespace keel::blk
