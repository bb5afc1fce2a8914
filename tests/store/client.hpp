// SPDX-License-Identifier: Apache-2.0
//
// A client of a session: encodes requests and takes replies apart with the C half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/store/session.hpp"

extern "C" {
#include "client_c.h"
}

namespace paravane::store_test {

using Bytes = std::vector<std::byte>;

struct Message {
    pv_store_answer head = {};
    std::string payload;

    // The payload as strings, all of it.
    [[nodiscard]] std::vector<std::string> strings() const;
};

class Client {
  public:
    Client(Store &store, DomainId domain) : session(store, domain, violations, [this] { wakes++; })
    {
    }

    // Sends and takes all that comes; the reply.
    Message call(const client_request &request);
    Message call(pv_store_operation operation, std::string_view path, uint32_t transaction = 0,
                 uint64_t argument = 0);
    Message call(pv_store_operation operation, std::string_view path, std::string_view text,
                 uint32_t transaction = 0);
    // Takes what there is to take.
    void receive();
    // The events that came so far, as "cookie path", with "!" behind for an overflow.
    std::vector<std::string> take_events();

    pv_store_violations violations = {};
    int wakes = 0;
    StoreSession session;
    std::deque<Message> replies;
    std::deque<Message> events;

  private:
    uint32_t last_id_ = 0;
};

[[nodiscard]] Bytes encoded(const client_request &request);
[[nodiscard]] client_request path_request(pv_store_operation operation, std::string_view path);

} // namespace paravane::store_test
