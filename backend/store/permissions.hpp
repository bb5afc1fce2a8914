// SPDX-License-Identifier: Apache-2.0
//
// Who may do what with a node.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "backend/store/answer.hpp"
#include "hypercall/host/domain_id.hpp"

extern "C" {
#include <paravane/store.h>
}

namespace paravane {

// Bits of PV_STORE_RIGHT_*.
using Rights = uint16_t;

// A domain at one life of its number: numbers come again, and a new domain must not find open what was
// opened for the old one.
struct Subject {
    DomainId domain;
    uint32_t life = 0;

    friend bool operator==(const Subject &, const Subject &) = default;
};

struct Grant {
    Subject subject;
    Rights rights = 0;

    friend bool operator==(const Grant &, const Grant &) = default;
};

class Permissions {
  public:
    Permissions() = default;
    Permissions(DomainId owner, Rights others) : owner_(owner), others_(others) {}

    friend bool operator==(const Permissions &, const Permissions &) = default;

    [[nodiscard]] DomainId owner() const { return owner_; }
    // Of a domain without a grant.
    [[nodiscard]] Rights others() const { return others_; }
    [[nodiscard]] std::span<const Grant> grants() const { return {grants_.data(), count_}; }

    void set_owner(DomainId owner) { owner_ = owner; }
    // False when the list is full or names the domain already.
    [[nodiscard]] bool add(const Grant &grant);

    [[nodiscard]] bool is_mighty(const Subject &who) const
    {
        return who.domain == host_domain || who.domain == owner_;
    }
    [[nodiscard]] bool may_read(const Subject &who) const
    {
        return (rights_of(who) & PV_STORE_RIGHT_READ) != 0;
    }
    [[nodiscard]] bool may_write(const Subject &who) const
    {
        return (rights_of(who) & PV_STORE_RIGHT_WRITE) != 0;
    }

    // Of a node that `creator` makes in a directory with these permissions. The directory's owner had
    // all rights in it, and keeps them in the child as a grant while there is room for one more.
    [[nodiscard]] Permissions inherited_by(const Subject &creator, const Subject &owner) const;

  private:
    [[nodiscard]] Rights rights_of(const Subject &who) const;

    DomainId owner_ = host_domain;
    Rights others_ = 0;
    uint16_t count_ = 0;
    std::array<Grant, PV_STORE_GRANTS_MAX> grants_ = {};
};

} // namespace paravane
