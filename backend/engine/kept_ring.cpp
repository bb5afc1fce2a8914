// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/kept_ring.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <liburing.h>

namespace paravane {

namespace {

// A kernel that lacks them does without. Never IORING_SETUP_DEFER_TASKRUN: what a dead process had not
// reaped would never complete.
constexpr std::array<unsigned int, 3> optional_flags = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};

} // namespace

void KeptRing::Exit::operator()(io_uring *ring) const
{
    io_uring_queue_exit(ring);
    delete ring;
}

KeptRing::KeptRing() = default;
KeptRing::KeptRing(KeptRing &&other) noexcept = default;
KeptRing &KeptRing::operator=(KeptRing &&other) noexcept = default;
KeptRing::~KeptRing() = default;

Result<KeptRing> KeptRing::make(uint32_t submissions, uint32_t completions)
{
    auto ring = std::make_unique<io_uring>();
    KeptRing made;
    int failed = -EINVAL;

    for (const unsigned int flags : optional_flags) {
        if (failed != -EINVAL)
            break;
        made.params_ = {};
        made.params_.flags =
            IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | flags;
        made.params_.cq_entries = std::max(submissions, completions);
        failed = io_uring_queue_init_params(submissions, ring.get(), &made.params_);
    }
    if (failed != 0)
        return system_problem("an io_uring for a backend", -failed);
    made.ring_.reset(ring.release());
    return made;
}

int KeptRing::descriptor() const
{
    return ring_->ring_fd;
}

uint32_t KeptRing::in_flight() const
{
    return io_uring_smp_load_acquire(ring_->sq.khead) - io_uring_smp_load_acquire(ring_->cq.ktail);
}

std::vector<KeptRing::Completion> KeptRing::unreaped() const
{
    const uint32_t tail = io_uring_smp_load_acquire(ring_->cq.ktail);
    const uint32_t head = io_uring_smp_load_acquire(ring_->cq.khead);
    const uint32_t count = std::min(tail - head, params_.cq_entries);
    std::vector<Completion> completions;

    completions.reserve(count);
    for (uint32_t at = tail - count; at != tail; at++) {
        const io_uring_cqe &entry = ring_->cq.cqes[at & (params_.cq_entries - 1)];
        completions.push_back({entry.user_data, entry.res});
    }
    return completions;
}

} // namespace paravane
