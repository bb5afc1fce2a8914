// SPDX-License-Identifier: Apache-2.0
//
// What one backend process uses of a guest's grants, in memory that no guest writes: the backend counts
// its uses of each grant there, and the domain process revokes nothing that is used. Each word has one writer.
// The steps are those of the model grant.pml.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>

#include "hypercall/host/grant_id.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane {

// Never accessed but at these offsets, by pv_shared_.
struct PinAreaLayout {
    alignas(128) uint32_t waiting; // the domain process's: not 0, signal every unpin
    alignas(128) std::array<uint32_t, PV_GRANT_ENTRIES> pins; // the backend's
};

static_assert(offsetof(PinAreaLayout, waiting) == 0);
static_assert(offsetof(PinAreaLayout, pins) == 128);
static_assert(sizeof(PinAreaLayout) == 128 + PV_GRANT_ENTRIES * sizeof(uint32_t));

namespace detail {

inline pv_shared waiting_of(const SharedMemory &area)
{
    return area.at(offsetof(PinAreaLayout, waiting));
}

inline pv_shared pins_of(const SharedMemory &area, GrantId grant)
{
    return area.at(offsetof(PinAreaLayout, pins) + grant.value * sizeof(uint32_t));
}

} // namespace detail

// The backend's side, of one thread. A grant may be pinned many times.
class BackendPins {
  public:
    // What it was given; both are its own from now on.
    [[nodiscard]] static Result<BackendPins> adopt(UniqueFd area, UniqueFd unpinned)
    {
        std::error_code error;
        BackendPins made;

        made.area_ = SharedMemory::adopt(area.release(), error);
        if (error)
            return Problem{"memory for pins: " + error.message()};
        if (made.area_.size() < sizeof(PinAreaLayout))
            return Problem{"memory for pins: it is too small"};
        made.unpinned_ = std::move(unpinned);
        made.counts_ = std::make_unique<Counts>();
        return made;
    }

    // The grant must be good(). What is used of its entry must be read after this: an entry that is not
    // valid then is unpinned at once, and one that was read before may be another grant by now.
    void pin(GrantId grant)
    {
        uint32_t &count = (*counts_)[grant.value];

        pv_shared_store_relaxed(detail::pins_of(area_, grant), ++count);
        // One that is pinned already stays so without a moment between: nothing can be missed.
        if (count == 1)
            pv_shared_fence();
    }

    // Of one pin(), after the last access to the frames and the completion of all I/O on them.
    void unpin(GrantId grant)
    {
        uint32_t &count = (*counts_)[grant.value];

        pv_shared_store_release(detail::pins_of(area_, grant), --count);
        // Nobody waits for less than all of them.
        if (count > 0)
            return;
        pv_shared_fence();
        // Whatever the count is by now: a signal too many costs the domain process one look.
        if (pv_shared_load_relaxed(detail::waiting_of(area_)) != 0)
            (void)eventfd_write(unpinned_.get(), 1);
    }

    [[nodiscard]] uint32_t count(GrantId grant) const { return (*counts_)[grant.value]; }

  private:
    // Its own: what lies in the area is never read back.
    using Counts = std::array<uint32_t, PV_GRANT_ENTRIES>;

    BackendPins() = default;

    SharedMemory area_;
    UniqueFd unpinned_;
    std::unique_ptr<Counts> counts_;
};

// The domain process's side, with the domain's lock held. A backend that writes nonsense is waited for
// until it is killed.
class DomainPins {
  public:
    [[nodiscard]] static Result<DomainPins> create()
    {
        std::error_code error;
        DomainPins made;

        made.area_ =
            SharedMemory::create(sizeof(PinAreaLayout), SharedMemory::Pages::normal, error);
        if (error)
            return Problem{"memory for pins: " + error.message()};
        made.unpinned_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!made.unpinned_)
            return system_problem("the event of an unpin");
        return made;
    }

    // True: somebody uses it, or may be about to find that it must not. To be asked after a fence that
    // comes after the entry was seen to be no longer valid.
    [[nodiscard]] bool pinned(GrantId grant) const
    {
        return pv_shared_load_acquire(detail::pins_of(area_, grant)) != 0;
    }

    // Every unpin that this misses is seen by pinned() after it.
    void expect_unpin() const
    {
        pv_shared_store_relaxed(detail::waiting_of(area_), 1);
        pv_shared_fence();
    }
    void expect_nothing() const { pv_shared_store_relaxed(detail::waiting_of(area_), 0); }

    // What the backend is to be given; they stay this object's.
    [[nodiscard]] int area() const { return area_.fd(); }
    [[nodiscard]] int unpinned() const { return unpinned_.get(); }

  private:
    DomainPins() = default;

    SharedMemory area_;
    UniqueFd unpinned_;
};

} // namespace paravane
