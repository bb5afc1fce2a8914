// SPDX-License-Identifier: Apache-2.0
//
// A guest's memory as the host sees it: regions of shared memory at guest-physical addresses, and two
// ways to touch them, a copy out and a copy in. There is no pointer to be had.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "hypercall/host/guest_address.hpp"
#include "hypercall/host/result.hpp"
#include <paravane/hypercall.h>
#include <paravane/shared_memory.hpp>

namespace paravane {

struct MemoryRegion {
    GuestAddress base;
    uint32_t flags = 0; // PV_MEMORY_
    SharedMemory memory;

    [[nodiscard]] uint64_t bytes() const { return memory.size(); }
};

class GuestMemory {
  public:
    // Regions must not overlap; their order is the one in which the guest is told of them.
    [[nodiscard]] Result<MemoryRegion *> add(GuestAddress base, uint64_t bytes, uint32_t flags,
                                             SharedMemory::Frames frames);

    // False, and nothing copied, unless all of the range is memory. A range may go from one region into
    // the next.
    [[nodiscard]] bool copy_out(std::span<unsigned char> to, GuestAddress from) const;
    // The same into the guest, on the guest's behalf: refused where only the host writes. All writes of
    // the host to guest memory that follow a guest's request pass here, or write_as_host().
    [[nodiscard]] bool copy_in(GuestAddress to, std::span<const unsigned char> from) const;
    [[nodiscard]] bool write_as_host(GuestAddress to, std::span<const unsigned char> from) const;

    template <typename T> [[nodiscard]] bool read(GuestAddress from, T &value) const
    {
        static_assert(std::is_trivially_copyable_v<T>);
        return copy_out({reinterpret_cast<unsigned char *>(&value), sizeof(value)}, from);
    }
    template <typename T> [[nodiscard]] bool write(GuestAddress to, const T &value) const
    {
        static_assert(std::is_trivially_copyable_v<T>);
        return copy_in(to, {reinterpret_cast<const unsigned char *>(&value), sizeof(value)});
    }

    // All of [from, from + bytes) is memory that the guest may write.
    [[nodiscard]] bool writable(GuestAddress from, uint64_t bytes) const;
    // All of it is memory.
    [[nodiscard]] bool readable(GuestAddress from, uint64_t bytes) const;

    // Of RAM alone, whole pages: gives the frames back (what they held is lost), or has them again. 0 or a
    // negative error.
    [[nodiscard]] int64_t discard(GuestAddress from, uint64_t bytes, bool release) const;

    [[nodiscard]] std::span<const std::unique_ptr<MemoryRegion>> regions() const
    {
        return regions_;
    }
    // The region that begins at `base`, or null.
    [[nodiscard]] const MemoryRegion *at(GuestAddress base) const;

  private:
    [[nodiscard]] const MemoryRegion *find(GuestAddress address) const;
    [[nodiscard]] bool covered(GuestAddress from, uint64_t bytes, uint32_t forbidden) const;
    [[nodiscard]] bool store(GuestAddress to, std::span<const unsigned char> from,
                             uint32_t forbidden) const;

    std::vector<std::unique_ptr<MemoryRegion>> regions_;
};

} // namespace paravane
