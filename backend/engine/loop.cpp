// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/loop.hpp"

#include <algorithm>

#include <liburing.h>
#include <poll.h>

#include "hypercall/host/clock.hpp"

namespace paravane {

namespace {

constexpr unsigned int entries = 64;
constexpr uint64_t second = 1000000000;
constexpr uint64_t one = 1;

// A kernel that lacks them does without: it is then interrupted more often.
constexpr std::array<unsigned int, 3> optional_flags = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN, IORING_SETUP_COOP_TASKRUN, 0};

io_uring_restriction allowed_operation(uint8_t operation)
{
    io_uring_restriction restriction = {};
    restriction.opcode = IORING_RESTRICTION_SQE_OP;
    restriction.sqe_op = operation;
    return restriction;
}

io_uring_restriction flags_restriction(uint16_t opcode, uint8_t flags)
{
    io_uring_restriction restriction = {};
    restriction.opcode = opcode;
    restriction.sqe_flags = flags;
    return restriction;
}

} // namespace

void Loop::Exit::operator()(io_uring *ring) const
{
    io_uring_queue_exit(ring);
    delete ring;
}

Result<std::unique_ptr<Loop>> Loop::make(std::span<const int> files)
{
    std::unique_ptr<Loop> loop(new Loop());

    if (Result<void> opened = loop->open(files); !opened)
        return opened.error();
    if (Result<void> restricted = loop->restrict_to_what_is_used(); !restricted)
        return restricted.error();
    return loop;
}

Loop::~Loop() = default;

Result<void> Loop::open(std::span<const int> files)
{
    auto ring = std::make_unique<io_uring>();
    int failed = -EINVAL;

    for (const unsigned int flags : optional_flags) {
        if (failed == -EINVAL)
            failed = io_uring_queue_init(entries, ring.get(), IORING_SETUP_R_DISABLED | flags);
    }
    if (failed != 0)
        return system_problem("an io_uring", -failed);
    ring_.reset(ring.release());
    // Else a wait with a deadline would be an operation of its own.
    if ((ring_->features & IORING_FEAT_EXT_ARG) == 0)
        return Problem{"an io_uring: Linux 5.11 or later is needed"};
    if ((ring_->features & IORING_FEAT_CQE_SKIP) != 0)
        quiet_ = IOSQE_CQE_SKIP_SUCCESS;
    failed =
        io_uring_register_files(ring_.get(), files.data(), static_cast<unsigned int>(files.size()));
    if (failed != 0)
        return system_problem("files of an io_uring", -failed);
    return {};
}

Result<void> Loop::restrict_to_what_is_used()
{
    std::array restrictions = {
        allowed_operation(IORING_OP_POLL_ADD),
        allowed_operation(IORING_OP_READ),
        allowed_operation(IORING_OP_WRITE),
        flags_restriction(IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
                          static_cast<uint8_t>(IOSQE_FIXED_FILE | IOSQE_IO_LINK | quiet_)),
        flags_restriction(IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IOSQE_FIXED_FILE),
    };
    int failed = io_uring_register_restrictions(ring_.get(), restrictions.data(),
                                                static_cast<unsigned int>(restrictions.size()));
    if (failed != 0)
        return system_problem("restricting an io_uring", -failed);
    failed = io_uring_enable_rings(ring_.get());
    if (failed != 0)
        return system_problem("enabling an io_uring", -failed);
    return {};
}

void Loop::make_room(unsigned int count)
{
    if (io_uring_sq_space_left(ring_.get()) >= count)
        return;
    if (Result<void> flushed = flush(); !flushed)
        broken_ = flushed.error();
}

io_uring_sqe *Loop::entry()
{
    // There was room made, and what was there is gone, unless the loop is broken: then nothing is started.
    return io_uring_get_sqe(ring_.get());
}

void Loop::await(LoopFile file, uint32_t events, LoopToken token)
{
    make_room(1);
    if (io_uring_sqe *poll = entry(); poll != nullptr) {
        io_uring_prep_poll_add(poll, static_cast<int>(file.number), events);
        io_uring_sqe_set_flags(poll, IOSQE_FIXED_FILE);
        io_uring_sqe_set_data64(poll, token);
    }
}

// Descriptors may be non-blocking, for their other holders' sake: io_uring then waits no more than
// read() and write() do. So each is waited for first; what comes after it in the queue is started then.
void Loop::then_await(LoopFile file, uint32_t events)
{
    make_room(2);
    if (io_uring_sqe *poll = entry(); poll != nullptr) {
        io_uring_prep_poll_add(poll, static_cast<int>(file.number), events);
        io_uring_sqe_set_flags(poll, IOSQE_FIXED_FILE | IOSQE_IO_LINK | quiet_);
        io_uring_sqe_set_data64(poll, 0);
    }
}

void Loop::read(LoopFile file, std::span<std::byte> to, LoopToken token)
{
    then_await(file, POLLIN);
    if (io_uring_sqe *read = entry(); read != nullptr) {
        io_uring_prep_read(read, static_cast<int>(file.number), to.data(),
                           static_cast<unsigned int>(to.size()), 0);
        io_uring_sqe_set_flags(read, IOSQE_FIXED_FILE);
        io_uring_sqe_set_data64(read, token);
    }
}

void Loop::write(LoopFile file, std::span<const std::byte> from, LoopToken token)
{
    then_await(file, POLLOUT);
    if (io_uring_sqe *write = entry(); write != nullptr) {
        io_uring_prep_write(write, static_cast<int>(file.number), from.data(),
                            static_cast<unsigned int>(from.size()), 0);
        io_uring_sqe_set_flags(write, IOSQE_FIXED_FILE);
        io_uring_sqe_set_data64(write, token);
    }
}

void Loop::await_event(LoopFile event, LoopToken token)
{
    read(event, std::as_writable_bytes(std::span(&event_count_, 1)), token);
}

void Loop::signal(LoopFile event)
{
    make_room(1);
    if (io_uring_sqe *write = entry(); write != nullptr) {
        io_uring_prep_write(write, static_cast<int>(event.number), &one, sizeof(one), 0);
        io_uring_sqe_set_flags(write, IOSQE_FIXED_FILE | quiet_);
        io_uring_sqe_set_data64(write, 0);
    }
}

Result<void> Loop::flush()
{
    if (broken_)
        return *broken_;
    const int started = io_uring_submit(ring_.get());
    if (started < 0 && started != -EINTR)
        return system_problem("starting I/O", -started);
    return {};
}

Result<void> Loop::wait(uint64_t deadline)
{
    if (broken_)
        return *broken_;
    io_uring_cqe *first = nullptr;
    __kernel_timespec left = {};
    if (deadline != no_deadline) {
        const uint64_t now = clock_now();
        const uint64_t ns = deadline - std::min(now, deadline);
        left.tv_sec = static_cast<int64_t>(ns / second);
        left.tv_nsec = static_cast<int64_t>(ns % second);
    }
    const int started = io_uring_submit_and_wait_timeout(
        ring_.get(), &first, 1, deadline == no_deadline ? nullptr : &left, nullptr);
    if (started < 0 && started != -ETIME && started != -EINTR)
        return system_problem("waiting for I/O", -started);
    return {};
}

std::optional<Completion> Loop::next()
{
    io_uring_cqe *completed = nullptr;

    while (io_uring_peek_cqe(ring_.get(), &completed) == 0) {
        const Completion completion = {static_cast<LoopToken>(completed->user_data),
                                       completed->res};
        io_uring_cqe_seen(ring_.get(), completed);
        if (completion.token != 0)
            return completion;
    }
    return std::nullopt;
}

int Loop::descriptor() const
{
    return ring_->ring_fd;
}

} // namespace paravane
