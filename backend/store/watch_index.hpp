// SPDX-License-Identifier: Apache-2.0
//
// Watches by path, and by domain within a path. A change looks at its own path and those above it, and
// of what watches those, only at domains that may read the node: watches elsewhere, and watches of
// domains that are not to know, cost nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "backend/store/domains.hpp"
#include "backend/store/keyed_hash.hpp"
#include "backend/store/path.hpp"

namespace paravane {

// Shared by all who are told of one change.
using SharedPath = std::shared_ptr<const std::string>;

// Who is told. Called in the middle of an operation of the store: it only remembers, and calls nothing.
class ChangeSink {
  public:
    virtual void on_change(uint64_t cookie, const SharedPath &path) = 0;

  protected:
    ~ChangeSink() = default;
};

// A change as those who watch are told of it.
struct Change {
    std::string_view path;
    uint32_t depth = 0;
    const Permissions *permissions = nullptr;
    // Told to those alone who watch that very path: what lies beneath a removed node.
    bool exact = false;
};

class WatchIndex {
  public:
    [[nodiscard]] WatchId add(DomainId domain, const StorePath &path, uint64_t cookie,
                              ChangeSink &sink);
    // The domain whose it was, or nothing when there is no such watch.
    [[nodiscard]] bool remove(WatchId id, DomainId &domain);
    void fire(const Change &change, const Domains &domains) const;
    [[nodiscard]] bool any_at(uint32_t depth) const { return at_depth_[depth] != 0; }
    [[nodiscard]] size_t size() const { return watches_.size(); }

  private:
    struct Watch {
        DomainId domain;
        uint64_t cookie = 0;
        ChangeSink *sink = nullptr;
        std::string path;
        uint32_t depth = 0;
    };
    using ByDomain = std::map<DomainId, std::vector<const Watch *>>;

    static void tell(const ByDomain &watching, const Change &change, const Domains &domains,
                     SharedPath &shared);

    WatchId last_id_ = 0;
    std::unordered_map<WatchId, Watch> watches_;
    std::unordered_map<std::string, ByDomain, KeyedHash, std::equal_to<>> by_path_;
    std::array<uint32_t, PV_STORE_DEPTH_MAX + 1> at_depth_ = {};
};

} // namespace paravane
