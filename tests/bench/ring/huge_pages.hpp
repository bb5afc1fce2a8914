// SPDX-License-Identifier: Apache-2.0
//
// 2 MiB pages from the host's reserve, which is grown for the run where that is allowed and put back
// to what it was afterwards.
#pragma once

#include <cstdint>
#include <string>

namespace paravane::bench {

class HugePages {
  public:
    HugePages() = default;
    HugePages(const HugePages &) = delete;
    HugePages &operator=(const HugePages &) = delete;
    HugePages(HugePages &&) = delete;
    HugePages &operator=(HugePages &&) = delete;
    ~HugePages();

    // Makes sure that `count` pages are free. What is wrong, or empty.
    [[nodiscard]] std::string reserve(uint64_t count);

  private:
    bool grown_ = false;
    uint64_t before_ = 0; // pages in the reserve, to go back to
};

} // namespace paravane::bench
