// SPDX-License-Identifier: Apache-2.0
//
// One client of the store: bytes in, bytes out, and no I/O, so that it sits on a ring as on a socket.
// A client that breaks a rule of the protocol loses its session and nothing else happens. One that
// does not take what it is sent is not listened to until it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "backend/store/event_queue.hpp"
#include "backend/store/outbox.hpp"
#include "backend/store/request.hpp"
#include "backend/store/store.hpp"

namespace paravane {

class StoreSession final : ChangeSink {
  public:
    // The store and the violations outlive it. `wake` is called when there is output where there was
    // none, other than by a call of the session's own; it may be called in the middle of an operation
    // of the store, so it only remembers to look.
    StoreSession(Store &store, DomainId domain, pv_store_violations &violations,
                 std::function<void()> wake = {});
    StoreSession(const StoreSession &) = delete;
    StoreSession &operator=(const StoreSession &) = delete;
    StoreSession(StoreSession &&) = delete;
    StoreSession &operator=(StoreSession &&) = delete;
    // Ends its watches, and its transactions without a commit.
    ~StoreSession();

    // Takes bytes from the client, in pieces of any size, and returns how many: fewer than all when
    // output has to be drained first, or when the session is refused.
    [[nodiscard]] size_t consume(std::span<const std::byte> bytes);
    // What to send, in order. Valid until the session or the store is called again.
    [[nodiscard]] std::span<const std::byte> pending_output();
    // So many of those bytes were sent. May make more output, of a request that waited for room.
    void drain(size_t count);

    [[nodiscard]] DomainId domain() const { return domain_; }
    // The rule that the client broke; PV_STORE_RULE_KEPT while it may go on.
    [[nodiscard]] pv_store_rule refused() const { return refused_; }

  private:
    struct Watch {
        WatchId id = 0;
        SharedPath path;
        bool relative = false; // the client named it, and is told, without its home in front
    };

    void on_change(uint64_t cookie, const SharedPath &path) override;

    [[nodiscard]] size_t input_wanted() const;
    [[nodiscard]] bool input_whole() const;
    void check_input();
    void refuse(pv_store_rule rule);
    void release_all();
    void progress();
    void send_event();

    // In session_requests.cpp.
    void answer_request();
    [[nodiscard]] Answer<void> perform();
    [[nodiscard]] Answer<void> perform_on_path(const StorePath &path);
    [[nodiscard]] Answer<void> perform_hello();
    [[nodiscard]] Answer<void> perform_list(const StoreCaller &caller, const StorePath &path);
    [[nodiscard]] Answer<void> perform_get_permissions(const StoreCaller &caller,
                                                       const StorePath &path);
    [[nodiscard]] Answer<void> perform_set_permissions(const StoreCaller &caller,
                                                       const StorePath &path);
    [[nodiscard]] Answer<void> perform_watch(const StorePath &path);
    [[nodiscard]] Answer<void> perform_unwatch();
    [[nodiscard]] Answer<void> perform_transaction();
    void begin_reply(uint64_t argument);

    Store &store_;
    DomainId domain_;
    std::string home_;
    pv_store_violations &violations_;
    std::function<void()> wake_;
    pv_store_rule refused_ = PV_STORE_RULE_KEPT;
    bool busy_ = false; // in a call of our own

    std::vector<std::byte> input_; // one request at most
    StoreRequest request_;         // its head, once that is there
    uint16_t reply_flags_ = 0;
    bool replied_ = false; // the reply's payload was begun

    Outbox outbox_;
    EventQueue events_;
    std::map<uint64_t, Watch> watches_; // by cookie
    std::set<TransactionId> transactions_;
};

} // namespace paravane
