// SPDX-License-Identifier: Apache-2.0
//
// The store as drivers use it. Paths that do not begin with / lie in the guest's own home. A call waits
// for its answer, and the event loop turns meanwhile, watches' callbacks included.
#pragma once

#include <span>
#include <string_view>

#include "frontend-drivers/store/answer.hpp"
#include "frontend-drivers/store/connection.hpp"
#include "frontend-drivers/store/permissions.hpp"
#include "frontend-drivers/store/watch.hpp"

namespace keel::store {

// One of the store's; ends with commit or abort, whatever they answer.
struct Transaction {
    uint32_t id = 0; // 0: none, each call is one of its own
};

class Client {
  public:
    // Says hello. Where that goes wrong, ended() tells why.
    Client();

    // The value, in the caller's buffer; one that does not fit is error_no_room.
    [[nodiscard]] Answer<std::string_view> read(std::string_view path, std::span<char> into,
                                                Transaction transaction = {});
    // Makes the node, and directories above it, where they are missing.
    [[nodiscard]] Error write(std::string_view path, std::string_view value,
                              Transaction transaction = {});
    [[nodiscard]] Error mkdir(std::string_view path, Transaction transaction = {});
    // With all that is beneath it.
    [[nodiscard]] Error remove(std::string_view path, Transaction transaction = {});
    [[nodiscard]] Answer<Permissions> permissions(std::string_view path,
                                                  Transaction transaction = {});
    [[nodiscard]] Error set_permissions(std::string_view path, const Permissions &permissions,
                                        Transaction transaction = {});

    // The first callback comes at once, for what is there already.
    [[nodiscard]] Error watch(Watch &watch, std::string_view path);
    // No callback comes after this.
    Error unwatch(Watch &watch);

    [[nodiscard]] Answer<Transaction> begin();
    [[nodiscard]] Error commit(Transaction transaction);
    Error abort(Transaction transaction);

    // Any operation without waiting for it; several may be on their way.
    void submit(Call &call, const Request &request) { connection_.submit(call, request); }
    void finish(const Call &call) { connection_.finish(call); }

    // Why all calls fail with error_ended; empty while there is a store.
    [[nodiscard]] std::string_view ended() const { return connection_.ended(); }
    // Again, after events::reset().
    void listen() { connection_.listen(); }

  private:
    [[nodiscard]] Error perform(const Request &request);

    Connection connection_;
};

// The guest's one, made when it is first asked for.
[[nodiscard]] Client &client();

} // namespace keel::store
