// SPDX-License-Identifier: Apache-2.0
//
// Included before data_ring.cpp, this makes a backend that answers for what it has not done: with
// PARAVANE_UNFLUSHED a flush does nothing, with PARAVANE_HASTY it is answered before it is done, with
// PARAVANE_UNDURABLE FUA means nothing.
#pragma once

#include <liburing.h>
#include <linux/fs.h>
#include <sys/uio.h>

namespace paravane::forgetful {

// Of the operations that the ring is restricted to, the one that does least: a read of no byte.
inline void prepare_nothing(io_uring_sqe *entry, int file)
{
    io_uring_prep_rw(IORING_OP_READ, entry, file, nullptr, 0, 0);
}

// The flush itself is another entry, of whose completion nobody hears.
inline void prepare_hasty_flush(io_uring *ring, io_uring_sqe *entry, int file, unsigned int flags)
{
    prepare_nothing(entry, file);
    if (io_uring_sqe *const flush = io_uring_get_sqe(ring); flush != nullptr) {
        io_uring_prep_fsync(flush, file, flags);
        flush->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    }
}

inline int allow_silence(io_uring *ring, io_uring_restriction *restrictions, unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        if (restrictions[i].opcode == IORING_RESTRICTION_SQE_FLAGS_ALLOWED)
            restrictions[i].sqe_flags |= IOSQE_CQE_SKIP_SUCCESS;
    }
    return io_uring_register_restrictions(ring, restrictions, count);
}

} // namespace paravane::forgetful

#ifdef PARAVANE_UNFLUSHED
#define io_uring_prep_fsync(entry, file, flags) ::paravane::forgetful::prepare_nothing(entry, file)
#endif

#ifdef PARAVANE_HASTY
#define io_uring_prep_fsync(entry, file, flags)                                                    \
    ::paravane::forgetful::prepare_hasty_flush(ring_.get(), entry, file, flags)
#define io_uring_register_restrictions ::paravane::forgetful::allow_silence
#endif

#ifdef PARAVANE_UNDURABLE
#undef RWF_DSYNC
#define RWF_DSYNC 0
#endif
