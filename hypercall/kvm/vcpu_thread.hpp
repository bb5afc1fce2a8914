// SPDX-License-Identifier: Apache-2.0
//
// The thread of one vCPU: runs the guest, and does what its exits ask for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "hypercall/host/domain.hpp"
#include "hypercall/kvm/start_state.hpp"
#include "hypercall/kvm/vcpu.hpp"

namespace paravane::kvm {

// Where a hypercall's OUT goes; its register holds the number.
inline constexpr uint16_t hypercall_port = 0x9c;

class VcpuThread {
  public:
    VcpuThread(Domain &domain, VcpuId id, Vcpu vcpu, Controllers controllers);
    VcpuThread(const VcpuThread &) = delete;
    VcpuThread &operator=(const VcpuThread &) = delete;
    ~VcpuThread();

    // Makes the thread, once: nothing happens before. It then waits for start().
    void begin();

    // From any thread. The vCPU must not be running.
    void start(const VcpuStart &start);
    void stop();
    void join();
    // Wakes it from a sleep without an interrupt.
    void wake();
    // Where there are no controllers: the guest is to take an upcall, and wakes for it.
    void interrupt();

    // Stops it between two instructions of the guest, until resume(). Not from its own thread.
    void pause();
    void resume();

  private:
    void loop();
    // False: the vCPU has stopped, for now or for ever.
    [[nodiscard]] bool run_once();
    [[nodiscard]] bool handle_exit();
    [[nodiscard]] bool handle_port();
    [[nodiscard]] bool hypercall();
    // Takes orders of other threads; before the guest runs again.
    void take_orders();
    // The vCPU blocks: until it is woken, interrupted or stopped.
    void sleep();
    // Sleeps so long, or until it is stopped.
    void wait_for(uint64_t ns);
    void kick();

    Domain &domain_;
    VcpuId id_;
    Vcpu vcpu_;
    Runstate &time_;
    Controllers controllers_;

    std::mutex lock_;
    std::condition_variable changed_;
    std::optional<VcpuStart> start_; // waits to be taken
    bool wake_ = false;
    bool interrupt_ = false;
    uint32_t pauses_ = 0;
    bool in_guest_ = false;
    bool sleeping_ = false; // in KVM; its own thread's
    std::atomic<bool> stop_{false};
    std::thread thread_; // last: it uses the others
};

} // namespace paravane::kvm
