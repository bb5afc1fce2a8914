// SPDX-License-Identifier: Apache-2.0
//
// A request to the store, and what came of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "frontend-drivers/store/answer.hpp"

extern "C" {
#include <paravane/store.h>
}

namespace keel::store {

class Exchange;
struct Permissions;

// What an operation takes, and nothing else, is filled in.
struct Request {
    explicit Request(pv_store_operation wanted, std::string_view of = {},
                     std::string_view with = {}, uint32_t in = 0)
        : operation(wanted), path(of), text(with), transaction(in)
    {
    }

    pv_store_operation operation;
    std::string_view path;
    std::string_view text; // a value, or the name that a list goes on after
    uint32_t transaction;
    uint64_t argument = 0; // a watch's cookie
    const Permissions *permissions = nullptr;
};

// One request on its way, in memory of the caller's; what it points to is used until it is done.
class Call {
  public:
    Call() = default;
    // The reply's payload is copied to `into`: a value without its length, anything else as it came.
    explicit Call(std::span<char> into) : into_(into) {}
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;
    // One that is still on its way is forgotten; its reply is checked all the same.
    ~Call();

    [[nodiscard]] bool done() const { return done_; }
    // Of one that was started, and is done.
    [[nodiscard]] Error error() const { return error_; }
    [[nodiscard]] bool more() const { return more_; }
    [[nodiscard]] uint64_t argument() const { return argument_; }
    [[nodiscard]] std::string_view payload() const { return {into_.data(), size_}; }
    // How long the payload is, also where it did not fit.
    [[nodiscard]] std::size_t size() const { return whole_; }

  private:
    friend class Exchange;

    std::span<char> into_;
    Exchange *exchange_ = nullptr; // while on its way
    std::size_t size_ = 0;
    std::size_t whole_ = 0;
    uint64_t argument_ = 0;
    Error error_ = error_ended;
    bool done_ = true;
    bool more_ = false;
};

} // namespace keel::store
