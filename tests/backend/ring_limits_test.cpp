// SPDX-License-Identifier: Apache-2.0
//
// What a data ring does for whoever has it, however it is filled in: each operation and each flag is tried, past
// the class that would never use them. The kernel answers what is not allowed with EACCES.
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <liburing.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/engine/data_ring.hpp"
#include "backend/engine/kept_ring.hpp"

namespace paravane {
namespace {

constexpr uint32_t entries = 16;
constexpr unsigned int registrations = 64; // more than any kernel has
constexpr unsigned int flags_most = 8;
constexpr std::size_t allowed_most = 8;

const std::set<unsigned int> used = {
    IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED, IORING_OP_READ,  IORING_OP_WRITE,
    IORING_OP_READV,      IORING_OP_WRITEV,      IORING_OP_FSYNC, IORING_OP_FALLOCATE,
};

class DataRingLimits : public ::testing::Test {
  protected:
    void SetUp() override
    {
        ASSERT_EQ(ftruncate(file_.get(), 65536), 0);
        auto ring = DataRing::adopt(UniqueFd(dup(kept_.descriptor())), kept_.params(), file_.get(),
                                    {}, false);
        ASSERT_TRUE(ring) << ring.error().text;
        ring_ = std::move(*ring);
        io_uring_params params = kept_.params();
        ASSERT_EQ(io_uring_queue_mmap(ring_->descriptor(), &params, &raw_), 0);
    }
    // The descriptor is the ring's.
    void TearDown() override
    {
        munmap(raw_.sq.ring_ptr, raw_.sq.ring_sz);
        if (raw_.cq.ring_ptr != raw_.sq.ring_ptr)
            munmap(raw_.cq.ring_ptr, raw_.cq.ring_sz);
        munmap(raw_.sq.sqes, raw_.sq.ring_entries * sizeof(io_uring_sqe));
    }

    // The result of an entry that is zero but for these.
    int32_t result_of(unsigned int operation, uint8_t flags, int fd = 0)
    {
        io_uring_sqe *const entry = io_uring_get_sqe(&raw_);
        if (entry == nullptr)
            return -ENOSPC;
        *entry = {};
        entry->opcode = static_cast<uint8_t>(operation);
        entry->flags = flags;
        entry->fd = fd;
        entry->user_data = operation;
        const int submitted = io_uring_submit(&raw_);
        io_uring_cqe *completion = nullptr;
        if (submitted < 0 || io_uring_wait_cqe(&raw_, &completion) != 0)
            return submitted;
        const int32_t result = completion->res;
        io_uring_cqe_seen(&raw_, completion);
        return result;
    }

    KeptRing kept_ = *KeptRing::make(entries, entries);
    UniqueFd file_{memfd_create("disk", MFD_CLOEXEC)};
    std::unique_ptr<DataRing> ring_;
    io_uring raw_{};
};

TEST_F(DataRingLimits, AllowItTheOperationsThatItUses)
{
    const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> known(
        io_uring_get_probe(), io_uring_free_probe);
    std::set<unsigned int> allowed;

    ASSERT_TRUE(known);
    for (unsigned int operation = 0; operation <= known->last_op; operation++) {
        const bool there = io_uring_opcode_supported(known.get(), static_cast<int>(operation)) != 0;
        if (there && result_of(operation, IOSQE_FIXED_FILE) != -EACCES)
            allowed.insert(operation);
    }
    EXPECT_EQ(allowed, used);
    EXPECT_LE(allowed.size(), allowed_most);
}

TEST_F(DataRingLimits, AllowItItsOneFile)
{
    EXPECT_EQ(result_of(IORING_OP_READ, 0, file_.get()), -EACCES) << "not a registered one";
    EXPECT_EQ(result_of(IORING_OP_FSYNC, 0, file_.get()), -EACCES);
    EXPECT_EQ(result_of(IORING_OP_FSYNC, IOSQE_FIXED_FILE, 1), -EBADF) << "there is no other";
    EXPECT_EQ(result_of(IORING_OP_FSYNC, IOSQE_FIXED_FILE, 0), 0);
}

TEST_F(DataRingLimits, AllowItNoFlagBesides)
{
    for (unsigned int bit = 0; bit < flags_most; bit++) {
        const auto flag = static_cast<uint8_t>(1U << bit);
        if (flag != IOSQE_FIXED_FILE) {
            const int32_t result = result_of(IORING_OP_READ, IOSQE_FIXED_FILE | flag);
            EXPECT_TRUE(result == -EACCES || result == -EINVAL) << bit << ": " << result;
        }
    }
}

TEST_F(DataRingLimits, AllowNobodyToRegisterMore)
{
    for (unsigned int what = 0; what < registrations; what++) {
        std::array<uint64_t, 16> room{};
        const long done = syscall(SYS_io_uring_register, ring_->descriptor(), what, room.data(), 1);
        EXPECT_TRUE(done == -1 && (errno == EACCES || errno == EINVAL)) << what << ": " << done;
        // All that Linux 5.11 knows but the restrictions themselves, which are for rings that are not enabled.
        if (what < IORING_REGISTER_RESTRICTIONS) {
            EXPECT_EQ(errno, EACCES) << what;
        }
    }
}

} // namespace
} // namespace paravane
