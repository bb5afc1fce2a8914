// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/watchdog.hpp"

#include <pthread.h>

namespace paravane::probe {

Watchdog::Watchdog(kvm::Vcpu &vcpu, std::chrono::milliseconds patience)
{
    struct sigaction nothing = {};

    nothing.sa_handler = [](int) {};
    sigaction(kvm::Vcpu::kick_signal, &nothing, &before_);
    thread_ = std::thread([this, &vcpu, patience, runner = pthread_self()] {
        std::unique_lock lock(mutex_);
        if (!ended_.wait_for(lock, patience, [this] { return over_; }))
            vcpu.kick(runner);
    });
}

Watchdog::~Watchdog()
{
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    ended_.notify_one();
    thread_.join();
    sigaction(kvm::Vcpu::kick_signal, &before_, nullptr);
}

} // namespace paravane::probe
