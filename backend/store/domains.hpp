// SPDX-License-Identifier: Apache-2.0
//
// What the store knows of each domain: its life, what it has, its nodes.
#pragma once

#include <cstdint>
#include <set>
#include <unordered_map>

#include "backend/store/limits.hpp"
#include "backend/store/node.hpp"
#include "hypercall/host/domain_id.hpp"

namespace paravane {

using WatchId = uint64_t;

struct DomainState {
    uint32_t life = 0;
    StoreUsage usage;
    Node *first_owned = nullptr;
    uint32_t last_transaction = 0; // its number
    std::set<WatchId> watches;
};

class Domains {
  public:
    explicit Domains(const StoreLimits &limits) : limits_(limits) {}
    Domains(const Domains &) = delete;
    Domains &operator=(const Domains &) = delete;
    Domains(Domains &&) = delete;
    Domains &operator=(Domains &&) = delete;
    ~Domains() = default;

    [[nodiscard]] const StoreLimits &limits() const { return limits_; }
    [[nodiscard]] DomainState &at(DomainId domain) { return states_[domain]; }
    [[nodiscard]] const DomainState *find(DomainId domain) const;
    [[nodiscard]] uint32_t life(DomainId domain) const;
    [[nodiscard]] Subject subject(DomainId domain) const { return {domain, life(domain)}; }
    [[nodiscard]] bool is_current(const Subject &subject) const
    {
        return subject.life == life(subject.domain);
    }

    // Whether the domain may own so much more. What it has already is not held against a call that
    // adds nothing.
    [[nodiscard]] bool affords(DomainId owner, int64_t nodes, int64_t bytes) const;

    // The node's record decides whose it is and what it counts.
    void charge(Node &node);
    void discharge(Node &node);
    // Of a node that stays whose it is.
    void recharge_value(const Node &node, uint64_t old_size);

  private:
    StoreLimits limits_;
    // States are not taken away, for the life in them; there are at most 65536.
    std::unordered_map<DomainId, DomainState> states_;
};

} // namespace paravane
