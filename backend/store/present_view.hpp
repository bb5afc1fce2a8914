// SPDX-License-Identifier: Apache-2.0
//
// The store as it is now, for one operation outside of a transaction: a view of operations.hpp whose
// changes are real at once, within quota, and are told to those who watch.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "backend/store/tree.hpp"
#include "backend/store/watch_index.hpp"

namespace paravane {

class PresentView {
  public:
    PresentView(Tree &tree, const Domains &domains, const WatchIndex &watches, const Subject &who)
        : tree_(tree), domains_(domains), watches_(watches), who_(who)
    {
    }

    struct Found {
        const Record *record;
        uint32_t depth;
    };
    [[nodiscard]] Answer<Found> find(const StorePath &path);
    [[nodiscard]] Answer<void> set_value(std::string_view value);
    [[nodiscard]] Answer<void> set_permissions(const Permissions &permissions);
    [[nodiscard]] Answer<void> create(const StorePath &path, const Permissions &permissions,
                                      std::string_view value);
    [[nodiscard]] Answer<void> remove();
    using VisitName = std::function<bool(std::string_view)>;
    [[nodiscard]] Answer<void> list(std::string_view after, const VisitName &visit) const;

  private:
    [[nodiscard]] bool affords(DomainId owner, int64_t nodes, int64_t bytes) const
    {
        return who_.domain == host_domain || domains_.affords(owner, nodes, bytes);
    }
    // What a removal would take, counted until it is too much.
    struct Removal {
        uint32_t nodes = 0;
        bool denied = false;
    };
    void survey(const Node &node, bool entitled, Removal &removal) const;

    Tree &tree_;
    const Domains &domains_;
    const WatchIndex &watches_;
    Subject who_;
    const StorePath *path_ = nullptr;
    Node *node_ = nullptr;
    uint32_t depth_ = 0;
};

// Tells of the node's removal and of each beneath it, before it is done.
void tell_removal(const Node &node, std::string_view path, uint32_t depth,
                  const WatchIndex &watches, const Domains &domains);

} // namespace paravane
