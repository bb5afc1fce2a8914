// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/attendant.hpp"

namespace keel::blk {

namespace {

// How long a sleeping vCPU does not look whether it is to stop.
constexpr uint64_t nap = 100 * clock::millisecond;

} // namespace

Attendant::Attendant(Channel &channel, Waiting waiting, HostRequests *requests,
                     std::atomic<bool> &stop)
    : channel_(channel), waiting_(waiting), requests_(requests), stop_(stop),
      upcall_(pv_shared_at(area_of(this_vcpu().id), offsetof(pv_vcpu_area, upcall)))
{
    if (waiting_ == Waiting::sleep)
        channel_.listen(
            {[](void *attendant) { static_cast<Attendant *>(attendant)->awake_ = true; }, this});
}

Attendant::~Attendant()
{
    channel_.listen({});
}

void Attendant::idle()
{
    if (waiting_ == Waiting::sleep)
        return sleep();
    pause();
    if (happened() || ++empty_ % empty_polls_a_look == 0)
        attend();
}

void Attendant::attend()
{
    if (requests_ == nullptr || requests_->shutdown()) {
        (void)event_loop::turn();
        return;
    }
    // A turn of the loop, and a suspend if the host has asked for one.
    (void)requests_->wait_until([] { return false; }, clock::now());
    heed();
}

void Attendant::sleep()
{
    const auto done = [this] { return awake_ || stopped(); };

    awake_ = false;
    if (stopped() || !channel_.arm()) {
        if (happened() || ++empty_ % empty_polls_a_look == 0)
            attend();
        return;
    }
    if (requests_ == nullptr) {
        (void)event_loop::run_until(done, clock::now() + nap);
        return;
    }
    (void)requests_->wait_until(done, clock::now() + nap);
    heed();
}

void Attendant::heed()
{
    if (requests_->shutdown())
        stop_.store(true, std::memory_order_relaxed);
}

} // namespace keel::blk
