// SPDX-License-Identifier: Apache-2.0
//
// A file descriptor with one owner.
#pragma once

#include <utility>

#include <unistd.h>

namespace paravane {

class UniqueFd {
  public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(const UniqueFd &) = delete;
    UniqueFd &operator=(const UniqueFd &) = delete;
    UniqueFd(UniqueFd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    UniqueFd &operator=(UniqueFd &&other) noexcept
    {
        UniqueFd(std::move(other)).swap(*this);
        return *this;
    }
    ~UniqueFd()
    {
        if (fd_ >= 0)
            close(fd_);
    }

    [[nodiscard]] int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    // The caller owns it from now on.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void swap(UniqueFd &other) noexcept { std::swap(fd_, other.fd_); }

  private:
    int fd_ = -1;
};

} // namespace paravane
