// SPDX-License-Identifier: Apache-2.0
//
// A queue on its vCPU, with the port by which it and the backend notify each other. But for its making and its
// end it is used by that vCPU alone: what the driver wants of it meanwhile, on the first vCPU, is done in the
// event loop of the other. So whoever keeps a vCPU busy must turn its loop while nothing is answered.
#pragma once

#include <atomic>
#include <cstdint>

#include "frontend-drivers/blk/queue.hpp"
#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/vcpu.hpp"

namespace keel::blk {

class alignas(PV_RING_LINE) Channel {
  public:
    // The trouble's port is raised when the backend is to be left.
    Channel(uint32_t depth, uint32_t vcpu, Port trouble);
    Channel(const Channel &) = delete;
    Channel &operator=(const Channel &) = delete;
    ~Channel();

    // Not the one that was asked for where the host has no port left for that: the first.
    [[nodiscard]] uint32_t vcpu() const { return vcpu_; }
    [[nodiscard]] Queue &queue() { return queue_; }

    // Of the vCPU. As the queue's; what was put is started by kick().
    [[nodiscard]] bool put(const Request &request, uint64_t tag)
    {
        return queue_.put(request, tag);
    }
    void kick()
    {
        if (queue_.publish())
            (void)hypercall::send(port_);
    }
    template <class Done> uint32_t poll(Done &&done)
    {
        const uint32_t count = queue_.poll(done);

        if (count == 0 && PV_UNLIKELY(queue_.left()))
            tell_trouble();
        return count;
    }
    // True: the handler is called when there is something to poll, so the vCPU may sleep.
    [[nodiscard]] bool arm() { return queue_.arm(); }
    // Called in the vCPU's event loop when there may be something to poll. None: whoever uses it only polls.
    void listen(const Handler &handler) { handler_ = handler; }

    // Of the driver, on the first vCPU. Both return when the vCPU has done it.
    void connect(const Queue::Place &requests, const Queue::Place &responses, uint64_t features,
                 Port port);
    // Its port is closed already.
    void disconnect();
    // Why the backend is to be left; null: it is not.
    [[nodiscard]] const char *trouble() const { return why_.load(std::memory_order_acquire); }

  private:
    // What the vCPU is to do.
    enum class Errand : uint8_t { none, connect, disconnect };

    void have_done(Errand errand);
    void do_errand();
    void do_connect();
    void do_disconnect();
    void bind();
    void on_event() const;
    void tell_trouble();

    Queue queue_;
    Port port_; // none while there is no connection
    Handler handler_;
    uint32_t vcpu_;
    Port trouble_;
    uint32_t direct_; // the direct event's number, or past the last
    Port nudge_;      // raised at the vCPU when there is an errand; none on the first

    std::atomic<const char *> why_ = nullptr;
    std::atomic<Errand> errand_ = Errand::none;
    Queue::Place requests_;
    Queue::Place responses_;
    uint64_t features_ = 0;
    Port next_port_;
};

} // namespace keel::blk
