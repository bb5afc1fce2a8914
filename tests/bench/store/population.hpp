// SPDX-License-Identifier: Apache-2.0
//
// A store with so many nodes, owned by so many domains, all of which watch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backend/store/session.hpp"
#include "backend/store/store.hpp"

namespace paravane::bench {

struct Size {
    uint32_t nodes = 0;
    uint32_t domains = 0;

    friend bool operator==(const Size &, const Size &) = default;
};

[[nodiscard]] std::string described(const Size &size);

// Counts what it is told.
struct CountingSink final : ChangeSink {
    uint64_t told = 0;

    void on_change(uint64_t /*cookie*/, const SharedPath & /*path*/) override { told++; }
};

// A value that a domain owns, and the directory of ten in which it lies.
struct Leaf {
    DomainId owner;
    StorePath path;
    StorePath directory;
};

class Population {
  public:
    explicit Population(const Size &size);

    [[nodiscard]] const Size &size() const { return size_; }

    Store store;
    CountingSink sink;
    std::vector<Leaf> in_use; // 100 of them, or all
    std::vector<Leaf> any;    // 20000 of them, or all

  private:
    void fill(uint32_t domain, uint32_t leaves);
    void choose();

    Size size_;
    std::vector<Leaf> all_;
};

} // namespace paravane::bench
