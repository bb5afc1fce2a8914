// SPDX-License-Identifier: Apache-2.0
//
// The store's end of a guest's store area: two byte streams and a port, with a session between them. The
// guest's side of the streams is a stranger's; whatever it does there ends this session at most.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/store/session.hpp"
#include "backend/store/store.hpp"
#include "hypercall/host/unique_fd.hpp"
#include <paravane/shared_memory.hpp>

extern "C" {
#include <paravane/stream.h>
}

namespace paravane {

class StoreService {
  public:
    // Gets the reason, at most once, when the guest has lost its store by breaking a rule.
    using Refused = std::function<void(std::string_view)>;

    // The store must outlive it.
    StoreService(boost::asio::io_context &loop, Store &store, DomainId domain, SharedMemory memory,
                 UniqueFd doorbell, UniqueFd event, Refused refused = {});
    StoreService(const StoreService &) = delete;
    StoreService &operator=(const StoreService &) = delete;
    ~StoreService();

    // Why it no longer serves; empty while it does.
    [[nodiscard]] const std::string &refusal() const { return refusal_; }

  private:
    boost::asio::awaitable<void> serve();
    // Moves what can be moved, and asks to be woken for the rest. True: there is more to do at once.
    [[nodiscard]] bool turn();
    [[nodiscard]] bool take_requests();
    [[nodiscard]] bool put_replies();
    [[nodiscard]] bool check();
    void refuse();
    void notify();

    // What serve() may still ask when it comes back and we are gone.
    std::shared_ptr<bool> there_ = std::make_shared<bool>(true);
    boost::asio::posix::stream_descriptor doorbell_;
    UniqueFd event_;
    SharedMemory memory_;
    pv_violations ring_violations_{};
    pv_store_violations store_violations_{};
    StoreSession session_;
    pv_stream_reader requests_{};
    pv_stream_writer replies_{};
    std::array<std::byte, 4096> input_{};
    std::size_t input_begin_ = 0; // what the session has not taken yet
    std::size_t input_end_ = 0;
    Refused refused_;
    std::string refusal_;
};

} // namespace paravane
