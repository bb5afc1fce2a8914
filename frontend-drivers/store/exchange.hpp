// SPDX-License-Identifier: Apache-2.0
//
// The client's half of the protocol: bytes in, bytes out, and no I/O. The store answers in order, so
// what is on its way is a queue. A store that breaks a rule is not heard any more: all that is on its
// way then fails, and everything after it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "frontend-drivers/store/call.hpp"
#include "frontend-drivers/store/watches.hpp"

namespace keel::store {

class Exchange {
  public:
    static constexpr std::size_t calls_max = 64; // on their way at once

    Exchange() = default;
    Exchange(const Exchange &) = delete;
    Exchange &operator=(const Exchange &) = delete;
    ~Exchange() { end("over"); }

    // There is room for a request: the last one was sent, and not too many are on their way.
    [[nodiscard]] bool ready() const { return sent_ == filled_ && count_ < calls_max; }
    // Where there is room. The call is done at once if the request cannot be made.
    void start(Call &call, const Request &request);

    [[nodiscard]] std::span<const unsigned char> output() const;
    void sent(std::size_t count) { sent_ += count; }

    // Where the next bytes go; how many are wanted is its size, and never 0.
    [[nodiscard]] std::span<unsigned char> input();
    // So many of them came.
    void received(std::size_t count);

    // Why it has ended; empty while it has not.
    [[nodiscard]] std::string_view ended() const { return ended_; }
    // The first reason stays.
    void end(std::string_view reason);

    [[nodiscard]] Watches &watches() { return watches_; }

  private:
    friend class Call;

    struct Flight {
        uint32_t id;
        pv_store_operation operation;
        Call *call; // null: nobody waits any more
        std::size_t after_length;
        std::array<char, PV_STORE_COMPONENT_MAX> after; // of a list
    };

    [[nodiscard]] std::size_t encode(const Request &request, uint32_t id);
    void take_message();
    void take_reply(std::span<const unsigned char> payload);
    void take_event(std::span<const unsigned char> payload);
    void finish(Call &call, std::span<const unsigned char> payload,
                pv_store_operation operation) const;
    void forget(const Call &call);

    std::string_view ended_;
    uint32_t last_id_ = 0;
    std::array<Flight, calls_max> flights_{}; // a ring
    std::size_t begin_ = 0;
    std::size_t count_ = 0;
    std::array<unsigned char, PV_STORE_MESSAGE_MAX> out_{};
    std::size_t sent_ = 0;
    std::size_t filled_ = 0;
    std::array<unsigned char, PV_STORE_MESSAGE_MAX> in_{};
    std::size_t got_ = 0;
    pv_store_answer head_{}; // once all of it is there
    Watches watches_;
};

} // namespace keel::store
