// SPDX-License-Identifier: Apache-2.0
//
// The guest's memory as one backend process may use it: an arena, a grant table that only the guest
// writes, and pins that only this process writes. The table is a stranger's; each use of a grant is
// checked anew, and pinned while it lasts. The steps are those of the model grant.pml.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "hypercall/host/domain_id.hpp"
#include "hypercall/host/grant_id.hpp"
#include "hypercall/host/pin_area.hpp"
#include "hypercall/host/result.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane {

// Why a use of a grant was refused. One for each check, in their order.
enum class GrantRefusal : uint8_t {
    number,       // there is no such entry
    not_valid,    // it is not granted, or not any more
    reserved,     // bits that mean nothing yet
    other_domain, // it is for somebody else
    read_only,    // and was to be written
    no_frames,
    arena,     // it covers frames outside of the arena
    no_bytes,  // nothing was to be used
    past_end,  // more was to be used than it covers
    alignment, // what was to be used begins elsewhere than it must
    changed,   // the guest wrote the entry while we looked at it
};

inline constexpr std::size_t grant_refusals = std::size_t(GrantRefusal::changed) + 1;

[[nodiscard]] const char *name_of(GrantRefusal refusal);

enum class GrantAccess : uint8_t { read, write };

class GrantedMemory;

// Frames that the guest cannot have back before this ends. It must end after the last access to them,
// after the completion of all I/O on them, and before the GrantedMemory it is of.
class Pinned {
  public:
    Pinned() = default;
    Pinned(const Pinned &) = delete;
    Pinned &operator=(const Pinned &) = delete;
    Pinned(Pinned &&other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)), grant_(other.grant_), place_(other.place_),
          bytes_(other.bytes_)
    {
    }
    Pinned &operator=(Pinned &&other) noexcept
    {
        Pinned(std::move(other)).swap(*this);
        return *this;
    }
    ~Pinned()
    {
        if (pins_ != nullptr)
            pins_->unpin(grant_);
    }

    [[nodiscard]] pv_shared place() const { return place_; }
    [[nodiscard]] uint64_t bytes() const { return bytes_; }
    // It stays pinned after this has ended, until GrantedMemory::unpin(): for who keeps the grant's number
    // anyhow.
    void keep() { pins_ = nullptr; }

  private:
    friend class GrantedMemory;

    Pinned(BackendPins &pins, GrantId grant, pv_shared place, uint64_t bytes)
        : pins_(&pins), grant_(grant), place_(place), bytes_(bytes)
    {
    }
    void swap(Pinned &other) noexcept
    {
        std::swap(pins_, other.pins_);
        std::swap(grant_, other.grant_);
        std::swap(place_, other.place_);
        std::swap(bytes_, other.bytes_);
    }

    BackendPins *pins_ = nullptr; // null: of nothing
    GrantId grant_;
    pv_shared place_{};
    uint64_t bytes_ = 0;
};

// What a guest asks to be used: a ring, or a segment of a request. All of it is unchecked.
struct GrantedRange {
    uint32_t grant;
    uint64_t offset; // bytes from the grant's first frame
    uint64_t bytes;
};

using PinResult = boost::system::result<Pinned, GrantRefusal>;

// Only for value() on a refusal, which is a bug: ask has_value() first.
[[noreturn]] void throw_exception_from_error(const GrantRefusal &refusal,
                                             const boost::source_location &where);

class GrantedMemory {
  public:
    // Takes the memories, as they came. arena_base is guest-physical; the grants that count are those
    // to `self`.
    [[nodiscard]] static Result<std::unique_ptr<GrantedMemory>>
    make(SharedMemory arena, uint64_t arena_base, SharedMemory table, BackendPins pins,
         DomainId self = host_domain);
    GrantedMemory(const GrantedMemory &) = delete;
    GrantedMemory &operator=(const GrantedMemory &) = delete;
    GrantedMemory(GrantedMemory &&) = delete; // what is pinned knows where it is
    GrantedMemory &operator=(GrantedMemory &&) = delete;
    ~GrantedMemory() = default;

    // The range must begin at a multiple of `alignment`, a power of two up to PV_PAGE_SIZE.
    [[nodiscard]] PinResult pin(const GrantedRange &range, GrantAccess access,
                                uint32_t alignment = 1);

    // Of one Pinned that was kept.
    void unpin(GrantId grant) { pins_.unpin(grant); }

    // All that can be pinned lies in it.
    [[nodiscard]] const SharedMemory &arena() const { return arena_; }

    [[nodiscard]] uint64_t refused(GrantRefusal refusal) const
    {
        return refused_[static_cast<std::size_t>(refusal)];
    }

  private:
    // An entry, copied out.
    struct Entry {
        uint32_t word;
        uint32_t frames;
        uint64_t first_frame;

        friend bool operator==(const Entry &, const Entry &) = default;
    };

    GrantedMemory(SharedMemory arena, uint64_t arena_base, SharedMemory table, BackendPins pins,
                  DomainId self)
        : arena_(std::move(arena)), arena_first_(arena_base / PV_PAGE_SIZE),
          table_(std::move(table)), pins_(std::move(pins)), self_(self)
    {
    }

    [[nodiscard]] Entry load(GrantId grant) const;
    [[nodiscard]] std::optional<GrantRefusal> check(const Entry &entry, const GrantedRange &range,
                                                    GrantAccess access, uint32_t alignment) const;
    PinResult refuse(GrantRefusal refusal);

    SharedMemory arena_;
    uint64_t arena_first_; // frame
    SharedMemory table_;
    BackendPins pins_;
    DomainId self_;
    std::array<uint64_t, grant_refusals> refused_{};
};

} // namespace paravane
