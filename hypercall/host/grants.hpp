// SPDX-License-Identifier: Apache-2.0
//
// A guest's grants: its table, who pins what, and what the guest itself has mapped of it. Every call comes
// with the domain's lock held.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "hypercall/host/backend_number.hpp"
#include "hypercall/host/domain_id.hpp"
#include "hypercall/host/grant_id.hpp"
#include "hypercall/host/guest_address.hpp"
#include "hypercall/host/guest_memory.hpp"
#include "hypercall/host/pin_area.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

// What an entry says, checked: whole frames of memory that the guest may write.
struct Grant {
    DomainId to;
    bool writable = false;
    GuestAddress base;
    uint64_t bytes = 0;
};

// What a backend process is to be given; all its own.
struct BackendEnd {
    UniqueFd arena;
    UniqueFd table; // to be read only
    UniqueFd pins;
    UniqueFd unpinned;
};

class Grants {
  public:
    // Mappings that the guest may have of its own grants.
    static constexpr std::size_t mappings_max = 256;

    // The memory must stay.
    explicit Grants(const GuestMemory &memory);

    // The entry as it is now, copied out once; nothing, unless it is valid and right.
    [[nodiscard]] std::optional<Grant> look_up(GrantId grant) const;
    // The guest has not begun to take it back.
    [[nodiscard]] bool valid(GrantId grant) const;

    // A backend pins grants from now on.
    [[nodiscard]] Result<BackendEnd> attach(BackendNumber backend);
    // It is dead and nothing of its I/O is on its way. False: it was not attached.
    bool detach(BackendNumber backend);

    // Somebody pins it: a backend, or a mapping.
    [[nodiscard]] bool pinned(GrantId grant) const;
    // Waiters, each of which must end its waiting: they are told of every unpin.
    void begin_waiting();
    void end_waiting();
    // Those that pin it and were not named before.
    [[nodiscard]] std::vector<BackendNumber> name_overdue(GrantId grant);

    struct Mapping {
        GrantId grant;
        GuestVirtual at;
        uint64_t bytes = 0;
    };
    // Pins what it maps. 0 or a negative error: it lies over another, or there are too many.
    [[nodiscard]] int64_t add_mapping(const Mapping &mapping);
    [[nodiscard]] std::optional<Mapping> mapping_at(GuestVirtual at) const;
    [[nodiscard]] std::optional<Mapping> mapping_of(GrantId grant) const;
    void remove_mapping(GuestVirtual at);

  private:
    struct Backend {
        DomainPins pins;
        bool overdue = false; // was named
    };

    const GuestMemory &memory_;
    UniqueFd readable_table_;
    std::map<BackendNumber, Backend> backends_;
    std::vector<Mapping> mappings_;
    uint32_t waiters_ = 0;
};

} // namespace paravane
