// SPDX-License-Identifier: Apache-2.0
//
// The store: a tree of small values, with owners, quotas, watches and transactions. One event loop owns
// it; nothing here locks or blocks. Every number that a call is refused with is documented in
// docs/abi.md, since guests see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/store/answer.hpp"
#include "backend/store/domains.hpp"
#include "backend/store/limits.hpp"
#include "backend/store/path.hpp"
#include "backend/store/transaction.hpp"
#include "backend/store/tree.hpp"
#include "backend/store/watch_index.hpp"
#include "hypercall/host/domain_id.hpp"

namespace paravane {

using TransactionId = uint32_t;
inline constexpr TransactionId no_transaction = 0;

// On whose behalf, and in which of that domain's transactions if any.
struct StoreCaller {
    DomainId domain;
    TransactionId transaction = no_transaction;
};

struct StoreGrant {
    DomainId domain;
    Rights rights = 0;

    friend bool operator==(const StoreGrant &, const StoreGrant &) = default;
};

struct StorePermissions {
    DomainId owner;
    Rights others = 0;
    std::vector<StoreGrant> grants; // PV_STORE_GRANTS_MAX at most, a domain once

    friend bool operator==(const StorePermissions &, const StorePermissions &) = default;
};

// One node, as visit() shows it. Valid during the call.
struct StoreEntry {
    std::string_view path;
    std::string_view value;
    StorePermissions permissions;
    Moment changed = 0;
};

struct StoreStatistics {
    size_t nodes = 0;
    size_t watches = 0;
    size_t transactions = 0;
    Moment now = 0; // changes made so far
};

class Store {
  public:
    explicit Store(const StoreLimits &limits = {});
    Store(const Store &) = delete;
    Store &operator=(const Store &) = delete;
    Store(Store &&) = delete;
    Store &operator=(Store &&) = delete;
    ~Store();

    // Makes the domain's home, which it owns and nobody else sees. EEXIST when it is there.
    [[nodiscard]] Answer<void> introduce(DomainId domain);
    enum class NodesOf { removed, given_to_host };
    // Ends all of the domain's watches and transactions, and what was granted to it. Nodes are removed
    // with everything beneath, whoever owns that. Takes time by what the domain has.
    void forget(DomainId domain, NodesOf nodes);

    // The value is valid until the store is called again.
    [[nodiscard]] Answer<std::string_view> read(const StoreCaller &caller, const StorePath &path);
    [[nodiscard]] Answer<void> write(const StoreCaller &caller, const StorePath &path,
                                     std::string_view value);
    [[nodiscard]] Answer<void> mkdir(const StoreCaller &caller, const StorePath &path);
    // With everything beneath.
    [[nodiscard]] Answer<void> remove(const StoreCaller &caller, const StorePath &path);
    // Calls `visit` with the children's names after `after`, in bytewise order, until it returns false.
    // `after` need not be there. `visit` does not call the store.
    using VisitName = std::function<bool(std::string_view)>;
    [[nodiscard]] Answer<void> list(const StoreCaller &caller, const StorePath &path,
                                    std::string_view after, const VisitName &visit);
    [[nodiscard]] Answer<StorePermissions> permissions(const StoreCaller &caller,
                                                       const StorePath &path);
    [[nodiscard]] Answer<void> set_permissions(const StoreCaller &caller, const StorePath &path,
                                               const StorePermissions &permissions);

    // The sink is told at once, so that nothing between a first look and the watch is missed, and then
    // of each change at the path or beneath it, until unwatch(). It outlives the watch.
    [[nodiscard]] Answer<WatchId> watch(DomainId domain, const StorePath &path, uint64_t cookie,
                                        ChangeSink &sink);
    void unwatch(WatchId id);

    [[nodiscard]] Answer<TransactionId> begin(DomainId domain);
    // Whatever the answer, the transaction is gone.
    [[nodiscard]] Answer<void> commit(DomainId domain, TransactionId id);
    // ENOENT when there is no such transaction.
    [[nodiscard]] Answer<void> abort(DomainId domain, TransactionId id);

    [[nodiscard]] StoreUsage usage(DomainId domain) const;
    [[nodiscard]] const StoreLimits &limits() const { return domains_.limits(); }
    [[nodiscard]] StoreStatistics statistics() const;
    // Every node, parents before children, siblings in order; whatever anybody may read.
    void visit(const std::function<void(const StoreEntry &)> &visit) const;

  private:
    using TransactionKey = std::pair<DomainId, TransactionId>;

    // Calls `act` with the caller's view of the store and its Subject.
    template <typename T, typename Act> Answer<T> in_view(const StoreCaller &caller, Act act);
    [[nodiscard]] StorePermissions plain(const Permissions &permissions) const;
    [[nodiscard]] Answer<Permissions> stamped(const StorePermissions &permissions) const;
    void visit_beneath(const Node &node, std::string &path,
                       const std::function<void(const StoreEntry &)> &visit) const;
    void give_up_nodes(DomainState &state, DomainId domain, NodesOf nodes);

    Domains domains_;
    Tree tree_;
    WatchIndex watches_;
    std::map<TransactionKey, Transaction> transactions_;
};

} // namespace paravane
