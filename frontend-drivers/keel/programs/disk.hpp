// SPDX-License-Identifier: Apache-2.0
//
// A disk as a program uses it: opened, and ended in good order; and its workers, one a queue, each on the
// queue's vCPU.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "frontend-drivers/blk/attendant.hpp"
#include "frontend-drivers/blk/device.hpp"
#include "frontend-drivers/keel/host_requests.hpp"

namespace keel::program {

class OpenDisk {
  public:
    OpenDisk(uint32_t number, const blk::Options &options);
    OpenDisk(const OpenDisk &) = delete;
    OpenDisk &operator=(const OpenDisk &) = delete;
    // Closes it, in good order if the host lets it.
    ~OpenDisk();

    // Waits until it is connected for the first time. False: it said why not, by early output, or the host asks
    // to power off.
    [[nodiscard]] bool begin(std::string_view program);

    [[nodiscard]] HostRequests &requests() { return requests_; }
    [[nodiscard]] blk::Disk &disk() { return *disk_; }
    // Set when the host asks to power off: all workers are to come to an end.
    [[nodiscard]] std::atomic<bool> &stop() { return stop_; }

    // What runs on a channel's vCPU.
    class Worker {
      public:
        Worker() = default;
        Worker(const Worker &) = delete;
        Worker &operator=(const Worker &) = delete;
        virtual ~Worker() = default;
        virtual void run(blk::Channel &channel, blk::Attendant &attendant) = 0;
    };
    // Runs worker n on channel n, all at the same time, and returns when all have ended. No two channels may
    // share a vCPU, and one of them must be the first vCPU's.
    void run(std::span<const std::unique_ptr<Worker>> workers, blk::Waiting waiting);

  private:
    uint32_t number_;
    HostRequests requests_;
    std::atomic<bool> stop_ = false;
    std::unique_ptr<blk::Disk> disk_;
};

} // namespace keel::program
