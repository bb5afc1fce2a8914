// SPDX-License-Identifier: Apache-2.0
//
// Serves the mailbox of one vCPU whose guest is a process: takes each call out once, carries it out, and
// answers. A vCPU that sleeps is one whose answer has not come yet.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "hypercall/host/domain.hpp"
#include <paravane/mailbox.h>
#include <paravane/shared_memory.hpp>

namespace paravane::process {

class MailboxThread {
  public:
    // The domain and the memory must outlive it.
    MailboxThread(Domain &domain, VcpuId id, const SharedMemory &mailboxes);
    MailboxThread(const MailboxThread &) = delete;
    MailboxThread &operator=(const MailboxThread &) = delete;
    ~MailboxThread();

    // Makes the thread, once: nothing happens before.
    void begin();

    // From any thread.
    void start(const VcpuStart &start);
    void wake();
    // No call is answered until release(): the guest's thread stands still in its next one.
    void hold();
    void release();
    void stop();
    void join();

  private:
    void loop();
    // False: it was stopped.
    [[nodiscard]] bool await_call();
    [[nodiscard]] bool carry_out();
    [[nodiscard]] bool await_start();
    [[nodiscard]] bool sleep();
    [[nodiscard]] bool await_release();
    [[nodiscard]] Call take_call() const;
    void answer(pv_mailbox_state state, const pv_mailbox &contents);
    void answer(int64_t result);
    // Waits so long, or until it is stopped.
    void wait_for(uint64_t ns);

    Domain &domain_;
    VcpuId id_;
    Runstate &time_;
    pv_shared mailbox_;

    std::mutex lock_;
    std::condition_variable changed_;
    std::optional<VcpuStart> start_;
    bool wake_ = false;
    uint32_t holds_ = 0;
    bool stop_ = false;
    std::thread thread_; // last: it uses the others
};

} // namespace paravane::process
