// SPDX-License-Identifier: Apache-2.0
//
// A transaction: the store as it was when the transaction began, with its own changes laid over it. It
// holds no copy of what it reads. Whatever it comes upon that is younger than its beginning, or has
// changed since it was seen, ends it: that call and each later one is refused with EAGAIN. So all that
// it ever saw was true at one moment, and, if it commits, still is.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "backend/store/shadow.hpp"
#include "backend/store/tree.hpp"

namespace paravane {

class Transaction {
  public:
    Transaction(Tree &tree, const Subject &who, const StoreLimits &limits);

    [[nodiscard]] const Shadow &root() const { return root_; }
    [[nodiscard]] Moment start() const { return start_; }
    [[nodiscard]] bool is_over() const { return over_; }
    [[nodiscard]] const Subject &who() const { return who_; }

    // The operations of a view (see operations.hpp). find() comes first; the others are about the
    // deepest node that it found.
    struct Found {
        const Record *record;
        uint32_t depth;
    };
    [[nodiscard]] Answer<Found> find(const StorePath &path);
    [[nodiscard]] Answer<void> set_value(std::string_view value);
    [[nodiscard]] Answer<void> set_permissions(const Permissions &permissions);
    // Makes the rest of the path that find() was asked for.
    [[nodiscard]] Answer<void> create(const StorePath &path, const Permissions &permissions,
                                      std::string_view value);
    [[nodiscard]] Answer<void> remove();
    // Calls `visit` with the names after `after`, in order, until it returns false.
    using VisitName = std::function<bool(std::string_view)>;
    [[nodiscard]] Answer<void> list(std::string_view after, const VisitName &visit);

  private:
    // A node in both layers.
    struct Place {
        Shadow *shadow = nullptr;
        Node *node = nullptr; // what is there in the store, shown or not
        bool hidden = false;  // the store's nodes from here on do not show
    };

    [[nodiscard]] static bool shows(const Place &place);
    [[nodiscard]] Place child_of(const Place &place, std::string_view name) const;
    [[nodiscard]] const Record &record_of(const Place &place) const;

    [[nodiscard]] Refusal conflict();
    [[nodiscard]] Answer<Shadow *> remember(Shadow &parent, std::string_view name);
    // Adds the node to what the commit checks.
    [[nodiscard]] Answer<void> see(const Place &parent, Place &place, std::string_view name);
    [[nodiscard]] Answer<void> see_children(const Place &place);
    [[nodiscard]] Answer<Shadow *> put(Place &place, std::string_view value,
                                       const Permissions &permissions);
    [[nodiscard]] bool keep_bytes(uint64_t more, uint64_t less);
    template <typename Visit>
    void merge(const Place &place, std::string_view after, Visit visit) const;
    [[nodiscard]] Answer<void> see_all_beneath(const Place &place, bool entitled);
    void mark_removed(Place &place, bool beneath);
    [[nodiscard]] bool owned_from_above() const;

    Tree &tree_;
    Subject who_;
    const StoreLimits &limits_;
    Moment start_;
    bool over_ = false;
    Shadow root_;
    std::array<Place, PV_STORE_DEPTH_MAX + 1> way_ = {}; // from the root to what find() found
    uint32_t depth_ = 0;
    uint32_t touched_ = 1;
    uint64_t bytes_ = 0;
    uint32_t order_ = 0;
};

} // namespace paravane
