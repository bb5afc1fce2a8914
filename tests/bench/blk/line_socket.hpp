// SPDX-License-Identifier: Apache-2.0
//
// One end of a stream of lines.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::bench::blk {

class LineSocket {
  public:
    LineSocket() = default;
    explicit LineSocket(UniqueFd socket) : socket_(std::move(socket)) {}

    // One whose other end is `other`, for another process.
    [[nodiscard]] static Result<LineSocket> make(UniqueFd &other);

    [[nodiscard]] Result<void> send(std::string line);
    // The next line, without its end.
    [[nodiscard]] Result<std::string> read(std::chrono::milliseconds most);

  private:
    UniqueFd socket_;
    std::string text_; // that came and is not read yet
};

} // namespace paravane::bench::blk
