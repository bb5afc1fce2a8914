// SPDX-License-Identifier: Apache-2.0
//
// Ends a run of a vCPU that takes too long: a broken KVM must not hang who asks about it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "hypercall/kvm/vcpu.hpp"

namespace paravane::probe {

// Made and destroyed by the thread that runs the vCPU. Meanwhile Vcpu::kick_signal does nothing in this
// process but interrupt system calls.
class Watchdog {
  public:
    Watchdog(kvm::Vcpu &vcpu, std::chrono::milliseconds patience);
    Watchdog(const Watchdog &) = delete;
    Watchdog &operator=(const Watchdog &) = delete;
    ~Watchdog();

  private:
    struct sigaction before_ = {};
    std::mutex mutex_;
    std::condition_variable ended_;
    bool over_ = false;
    std::thread thread_;
};

} // namespace paravane::probe
