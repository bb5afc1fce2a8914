// SPDX-License-Identifier: Apache-2.0
//
// A console that is a file: text is added at its end, and nothing comes from it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

class FileTerminal final : public Terminal {
  public:
    // `tell` hears, once, of text that the file did not take.
    using Tell = std::function<void(std::string_view)>;
    [[nodiscard]] static Result<std::unique_ptr<Terminal>> open(const std::string &path, Tell tell);

    [[nodiscard]] boost::asio::awaitable<void> write(std::string_view text) override;
    [[nodiscard]] boost::asio::awaitable<std::size_t> read(std::span<char> into) override;

  private:
    FileTerminal(UniqueFd file, std::string path, Tell tell);

    UniqueFd file_;
    std::string path_;
    Tell tell_;
    bool failed_ = false;
};

} // namespace paravane
