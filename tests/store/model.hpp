// SPDX-License-Identifier: Apache-2.0
//
// The store as one would describe it, with no thought of speed: a map from paths, all counted anew each
// time. Written from the rules of docs/abi.md and sharing no code with the store but StorePath.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "backend/store/store.hpp"

namespace paravane::store_test {

struct ModelNode {
    std::string value;
    StorePermissions permissions;
};

// One call, of any kind.
struct Call {
    enum class What { read, write, list, mkdir, rm, permissions, grant };

    What what = What::read;
    DomainId who;
    std::string path;
    std::string text; // a value, or the name to list after
    StorePermissions permissions;
};

// Every node as text, by its path.
using NodeTexts = std::map<std::string, std::string>;

class Model {
  public:
    explicit Model(const StoreLimits &limits);

    void introduce(DomainId domain);
    // What the call answers, as text; "error N" when refused.
    std::string apply(const Call &call);
    // Watches: the calls since tell this many times of each (cookie, path).
    void watch(DomainId who, const std::string &path, uint64_t cookie);
    std::map<std::pair<uint64_t, std::string>, int> take_told();
    [[nodiscard]] StoreUsage usage(DomainId domain) const;
    [[nodiscard]] NodeTexts nodes() const;

  private:
    struct Watch {
        DomainId who;
        std::string path;
        uint64_t cookie = 0;
    };

    [[nodiscard]] bool exists(const std::string &path) const { return nodes_.contains(path); }
    [[nodiscard]] std::string deepest(std::string path) const;
    [[nodiscard]] bool may(DomainId who, const std::string &path, Rights right) const;
    [[nodiscard]] bool exceeded(DomainId caller,
                                const std::map<std::string, ModelNode> &before) const;
    std::string put(const Call &call);
    std::string make(const Call &call, const std::string &value);
    std::string remove(const Call &call);
    std::string grant(const Call &call);
    void tell(const std::string &path, const ModelNode &node, bool exact);

    StoreLimits limits_;
    std::map<std::string, ModelNode> nodes_;
    std::vector<Watch> watches_;
    std::map<std::pair<uint64_t, std::string>, int> told_;
};

[[nodiscard]] NodeTexts nodes_of(const Store &store);

// The same call of the store, in the caller's transaction if any.
std::string apply(Store &store, const Call &call, TransactionId transaction = no_transaction);

} // namespace paravane::store_test
