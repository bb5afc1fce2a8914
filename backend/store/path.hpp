// SPDX-License-Identifier: Apache-2.0
//
// A path of the store. Made by the parser alone: there is no invalid one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backend/store/answer.hpp"
#include "hypercall/host/domain_id.hpp"

extern "C" {
#include <paravane/store.h>
}

namespace paravane {

class StorePath {
  public:
    // The path that `domain` names by `text`: one without a slash in front lies in its home. Refused
    // with EINVAL (empty, an empty component, a byte that no name has) or ENAMETOOLONG.
    [[nodiscard]] static Answer<StorePath> parse(std::string_view text, DomainId domain);

    [[nodiscard]] static StorePath root() { return {}; }
    [[nodiscard]] static StorePath home(DomainId domain);

    [[nodiscard]] const std::string &text() const { return text_; }
    // How many components; the root's is 0.
    [[nodiscard]] uint32_t depth() const { return depth_; }
    [[nodiscard]] std::string_view component(uint32_t index) const;
    // The path of the first `depth` components.
    [[nodiscard]] std::string_view prefix(uint32_t depth) const;

  private:
    StorePath() : text_("/") {}
    [[nodiscard]] Answer<void> append(std::string_view component);

    std::string text_;
    uint32_t depth_ = 0;
    std::array<uint16_t, PV_STORE_DEPTH_MAX> end_ = {}; // of each component, in text_
};

// Whether a directory can hold that name.
[[nodiscard]] bool is_store_name(std::string_view name);

// "/domain/N/", which a domain need not write.
[[nodiscard]] std::string store_home_prefix(DomainId domain);

} // namespace paravane
