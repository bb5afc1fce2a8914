// SPDX-License-Identifier: Apache-2.0
//
// The guest's end of the store area: two byte streams and a port. Used by the first vCPU alone, where
// the port is raised.
#pragma once

#include <cstdint>
#include <string_view>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/store/exchange.hpp"

extern "C" {
#include <paravane/stream.h>
}

namespace keel::store {

class Connection {
  public:
    // A store that takes longer has ended.
    static constexpr uint64_t patience = 60 * clock::second;

    Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;
    ~Connection() = default;

    // Sets the port's handler, which events::reset() takes away.
    void listen();

    // Sends the request, when there is room for it; meanwhile the event loop turns.
    void submit(Call &call, const Request &request);
    // Turns the event loop until the call is done.
    void finish(const Call &call);

    [[nodiscard]] std::string_view ended() const { return exchange_.ended(); }
    void end(std::string_view reason);
    [[nodiscard]] Watches &watches() { return exchange_.watches(); }

  private:
    void attach();
    void serve();
    void tell();
    // Moves what can be moved, and asks to be woken for the rest. True: there is more to do at once.
    [[nodiscard]] bool turn();
    [[nodiscard]] bool send();
    [[nodiscard]] bool receive();
    [[nodiscard]] bool check();
    void notify();
    template <std::predicate Condition> void wait(const Condition &condition);

    pv_violations violations_{};
    pv_stream_writer requests_{};
    pv_stream_reader replies_{};
    Exchange exchange_;
    bool closed_ = false;
    Timer later_;
};

} // namespace keel::store
