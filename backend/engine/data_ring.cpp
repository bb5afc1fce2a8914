// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/data_ring.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include <fcntl.h>
#include <liburing.h>
#include <linux/falloc.h>
#include <sys/eventfd.h>

namespace paravane {

namespace {

// io_uring takes no larger ones.
constexpr uint64_t piece_bytes = uint64_t{1} << 30;
constexpr int the_file = 0;

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

const iovec *as_kernels(const DataExtent *extents)
{
    return reinterpret_cast<const iovec *>(extents);
}

} // namespace

void DataRing::Exit::operator()(io_uring *ring) const
{
    // The supervisor has a descriptor of its own, so what is on its way goes on.
    io_uring_queue_exit(ring);
    delete ring;
}

DataRing::~DataRing() = default;

Result<std::unique_ptr<DataRing>> DataRing::adopt(UniqueFd ring, const io_uring_params &params,
                                                  int file, DataExtent memory, bool register_memory)
{
    std::unique_ptr<DataRing> made(new DataRing());

    if (Result<void> mapped = made->map(std::move(ring), params); !mapped)
        return mapped.error();
    if (file >= 0) {
        const int failed = io_uring_register_files(made->ring_.get(), &file, 1);
        if (failed != 0)
            return system_problem("the file of a data ring", -failed);
    }
    made->event_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!made->event_)
        return system_problem("the event of a data ring");
    if (const int failed = io_uring_register_eventfd(made->ring_.get(), made->event_.get());
        failed != 0)
        return system_problem("the event of a data ring", -failed);
    made->be_quiet();
    made->base_ = memory.address;
    if (register_memory && file >= 0)
        made->register_pieces(memory);
    if (Result<void> restricted = made->restrict_to_what_is_used(); !restricted)
        return restricted.error();
    return made;
}

Result<void> DataRing::map(UniqueFd ring, const io_uring_params &params)
{
    auto mapped = std::make_unique<io_uring>();
    io_uring_params copy = params;

    if (const int failed = io_uring_queue_mmap(ring.get(), &copy, mapped.get()); failed != 0)
        return system_problem("a data ring", -failed);
    mapped->features = params.features;
    (void)ring.release();
    ring_.reset(mapped.release());
    most_ = std::min(params.sq_entries, params.cq_entries);
    return {};
}

// All or nothing: where there is no room for all of it, none is registered, and each operation has its
// memory looked up by the kernel.
void DataRing::register_pieces(DataExtent memory)
{
    for (uint64_t at = 0; at < memory.bytes; at += piece_bytes)
        pieces_.push_back({memory.address + at, std::min(piece_bytes, memory.bytes - at)});
    if (io_uring_register_buffers(ring_.get(), as_kernels(pieces_.data()),
                                  static_cast<unsigned int>(pieces_.size())) != 0)
        pieces_.clear();
}

Result<void> DataRing::restrict_to_what_is_used()
{
    std::array restrictions = {
        allowed_operation(IORING_OP_READ_FIXED),
        allowed_operation(IORING_OP_WRITE_FIXED),
        allowed_operation(IORING_OP_READ),
        allowed_operation(IORING_OP_WRITE),
        allowed_operation(IORING_OP_READV),
        allowed_operation(IORING_OP_WRITEV),
        allowed_operation(IORING_OP_FSYNC),
        allowed_operation(IORING_OP_FALLOCATE),
        flags_restriction(IORING_RESTRICTION_SQE_FLAGS_ALLOWED, IOSQE_FIXED_FILE),
        flags_restriction(IORING_RESTRICTION_SQE_FLAGS_REQUIRED, IOSQE_FIXED_FILE),
    };
    int failed = io_uring_register_restrictions(ring_.get(), restrictions.data(),
                                                static_cast<unsigned int>(restrictions.size()));
    if (failed != 0)
        return system_problem("restricting a data ring", -failed);
    failed = io_uring_enable_rings(ring_.get());
    if (failed != 0)
        return system_problem("enabling a data ring", -failed);
    return {};
}

io_uring_sqe *DataRing::entry()
{
    io_uring_sqe *const entry = io_uring_get_sqe(ring_.get());

    // There is one: no more are in flight than the ring has.
    if (entry == nullptr)
        __builtin_trap();
    return entry;
}

void DataRing::finish(io_uring_sqe *entry, uint64_t token)
{
    entry->flags |= IOSQE_FIXED_FILE;
    io_uring_sqe_set_data64(entry, token);
    in_flight_++;
    unsubmitted_++;
}

std::size_t DataRing::piece_of(const DataExtent &extent) const
{
    const uint64_t from = extent.address - base_;
    const uint64_t piece = from / piece_bytes;

    // One that lies in two is none's.
    return (from + extent.bytes - 1) / piece_bytes == piece ? piece : pieces_.size();
}

void DataRing::transfer(Direction direction, uint64_t offset, std::span<const DataExtent> extents,
                        bool durable, uint64_t token)
{
    io_uring_sqe *const sqe = entry();
    const bool write = direction == Direction::write;
    const DataExtent &first = extents.front();

    if (extents.size() > 1) {
        io_uring_prep_rw(write ? IORING_OP_WRITEV : IORING_OP_READV, sqe, the_file, extents.data(),
                         static_cast<unsigned int>(extents.size()), offset);
    } else {
        const std::size_t piece = piece_of(first);
        const bool fixed = piece < pieces_.size();
        const int fixed_operation = write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED;
        const int operation = write ? IORING_OP_WRITE : IORING_OP_READ;

        io_uring_prep_rw(fixed ? fixed_operation : operation, sqe, the_file, nullptr,
                         static_cast<unsigned int>(first.bytes), offset);
        sqe->addr = first.address;
        sqe->buf_index = static_cast<uint16_t>(fixed ? piece : 0);
    }
    if (durable)
        sqe->rw_flags = RWF_DSYNC;
    finish(sqe, token);
}

void DataRing::sync(uint64_t token)
{
    io_uring_sqe *const sqe = entry();

    io_uring_prep_fsync(sqe, the_file, IORING_FSYNC_DATASYNC);
    finish(sqe, token);
}

void DataRing::clear(Clearing clearing, uint64_t offset, uint64_t bytes, uint64_t token)
{
    const int how = clearing == Clearing::discard ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
    io_uring_sqe *const sqe = entry();

    io_uring_prep_fallocate(sqe, the_file, how | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                            static_cast<off_t>(bytes));
    finish(sqe, token);
}

Result<void> DataRing::submit()
{
    if (unsubmitted_ == 0) {
        // Completions may wait for us to enter the kernel.
        if ((IO_URING_READ_ONCE(*ring_->sq.kflags) & IORING_SQ_TASKRUN) == 0)
            return {};
        const int got = io_uring_get_events(ring_.get());
        return got < 0 && got != -EINTR ? Result<void>(system_problem("taking completions", -got))
                                        : Result<void>();
    }
    const int started = io_uring_submit(ring_.get());
    if (started < 0 && started != -EINTR && started != -EAGAIN && started != -EBUSY)
        return system_problem("starting I/O", -started);
    unsubmitted_ -= std::min(unsubmitted_, static_cast<uint32_t>(std::max(started, 0)));
    return {};
}

bool DataRing::peek(DataCompletion &completion)
{
    io_uring_cqe *completed = nullptr;

    // Not io_uring_peek_cqe(), which may enter the kernel.
    unsigned int head = 0;
    io_uring_for_each_cqe(ring_.get(), head, completed)
    {
        completion = {completed->user_data, completed->res};
        return true;
    }
    return false;
}

void DataRing::forget()
{
    io_uring_cq_advance(ring_.get(), 1);
    in_flight_--;
}

bool DataRing::signal_completions()
{
    if (io_uring_cq_eventfd_toggle(ring_.get(), true) != 0)
        return false;
    // The flag before the look, against the kernel's completion before its look at the flag.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return io_uring_cq_ready(ring_.get()) == 0 &&
           (IO_URING_READ_ONCE(*ring_->sq.kflags) & IORING_SQ_TASKRUN) == 0;
}

void DataRing::be_quiet()
{
    (void)io_uring_cq_eventfd_toggle(ring_.get(), false);
}

int DataRing::descriptor() const
{
    return ring_->ring_fd;
}

} // namespace paravane
