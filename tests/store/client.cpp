// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <utility>

#include <gtest/gtest.h>

namespace paravane::store_test {

std::vector<std::string> Message::strings() const
{
    std::vector<std::string> all;
    const auto *bytes = reinterpret_cast<const unsigned char *>(payload.data());
    const auto size = static_cast<uint32_t>(payload.size());
    const unsigned char *at = nullptr;
    uint32_t offset = 0;
    uint32_t count = 0;
    while (client_next_string(bytes, size, &offset, &at, &count))
        all.emplace_back(reinterpret_cast<const char *>(at), count);
    EXPECT_EQ(offset, size);
    return all;
}

Bytes encoded(const client_request &request)
{
    Bytes bytes(PV_STORE_MESSAGE_MAX);
    bytes.resize(client_encode(bytes.data(), PV_STORE_MESSAGE_MAX, &request));
    EXPECT_FALSE(bytes.empty());
    return bytes;
}

client_request path_request(pv_store_operation operation, std::string_view path)
{
    client_request request = {};
    request.operation = operation;
    request.path = path.data();
    request.path_size = static_cast<uint32_t>(path.size());
    return request;
}

void Client::receive()
{
    while (true) {
        const std::span<const std::byte> bytes = session.pending_output();
        const unsigned char *payload = nullptr;
        Message message;
        if (bytes.empty())
            return;
        const pv_store_rule rule = client_decode(bytes.data(), static_cast<uint32_t>(bytes.size()),
                                                 &message.head, &payload);
        ASSERT_EQ(rule, PV_STORE_RULE_KEPT);
        ASSERT_NE(payload, nullptr) << "output ends within a message";
        message.payload.assign(reinterpret_cast<const char *>(payload), message.head.length);
        session.drain(sizeof(pv_store_reply) + message.head.length);
        (message.head.kind == PV_STORE_EVENT ? events : replies).push_back(std::move(message));
    }
}

Message Client::call(const client_request &request)
{
    client_request numbered = request;
    numbered.id = ++last_id_;
    const Bytes bytes = encoded(numbered);
    EXPECT_EQ(session.consume(bytes), bytes.size());
    receive();
    if (replies.size() != 1) {
        ADD_FAILURE() << replies.size() << " replies";
        return {};
    }
    Message reply = std::move(replies.front());
    replies.pop_front();
    EXPECT_EQ(reply.head.id, last_id_);
    return reply;
}

Message Client::call(pv_store_operation operation, std::string_view path, uint32_t transaction,
                     uint64_t argument)
{
    client_request request = path_request(operation, path);
    request.transaction = transaction;
    request.argument = argument;
    return call(request);
}

Message Client::call(pv_store_operation operation, std::string_view path, std::string_view text,
                     uint32_t transaction)
{
    client_request request = path_request(operation, path);
    // An empty text is one too.
    request.text = text.empty() ? "" : text.data();
    request.text_size = static_cast<uint32_t>(text.size());
    request.transaction = transaction;
    return call(request);
}

std::vector<std::string> Client::take_events()
{
    std::vector<std::string> all;
    for (const Message &event : events)
        all.push_back(std::to_string(event.head.argument) + " " + event.strings().at(0) +
                      (event.head.flags == PV_STORE_FLAG_OVERFLOW ? "!" : ""));
    events.clear();
    return all;
}

} // namespace paravane::store_test
