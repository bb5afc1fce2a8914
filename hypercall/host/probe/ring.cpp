// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/ring.hpp"

namespace paravane::probe {
namespace {

constexpr unsigned int entries = 4;
// Milliseconds until an idle thread of SQPOLL sleeps: none of ours outlives its trial for long.
constexpr unsigned int sqpoll_idle_ms = 10;

} // namespace

void Ring::Exit::operator()(io_uring *ring) const
{
    io_uring_queue_exit(ring);
    delete ring;
}

Result<Ring> Ring::open(uint32_t flags)
{
    auto ring = std::make_unique<io_uring>();
    io_uring_params params = {};

    params.flags = flags;
    if ((flags & IORING_SETUP_SQPOLL) != 0)
        params.sq_thread_idle = sqpoll_idle_ms;
    const int error = io_uring_queue_init_params(entries, ring.get(), &params);
    if (error < 0)
        return system_problem("io_uring_setup", -error);
    return Ring(std::unique_ptr<io_uring, Exit>(ring.release()));
}

Result<int> Ring::result_of_submission()
{
    if (const int submitted = io_uring_submit(ring_.get()); submitted != 1)
        return system_problem("io_uring_enter", submitted < 0 ? -submitted : EBUSY);

    __kernel_timespec patience = {};
    patience.tv_sec = 1;
    io_uring_cqe *completion = nullptr;
    const int error = io_uring_wait_cqe_timeout(ring_.get(), &completion, &patience);
    if (error < 0)
        return system_problem("no completion of a request", -error);
    const int result = completion->res;
    io_uring_cqe_seen(ring_.get(), completion);
    return result;
}

} // namespace paravane::probe
