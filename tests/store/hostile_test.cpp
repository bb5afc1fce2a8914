// SPDX-License-Identifier: Apache-2.0
//
// Each rule of the protocol: broken, it ends that session, is counted, and nothing else happens.
#include "client.hpp"
#include "fixture.hpp"

#include <cstring>
#include <set>

namespace paravane::store_test {
namespace {

class StoreHostile : public StoreTest {
  protected:
    // What a session answers to these bytes as its last.
    pv_store_rule rule_of(const Bytes &bytes)
    {
        pv_store_violations violations = {};
        StoreSession session(store, alice, violations);
        const Bytes watch = encoded([] {
            client_request request = path_request(PV_STORE_WATCH, "a");
            request.argument = 1;
            return request;
        }());
        EXPECT_EQ(session.consume(watch), watch.size());
        static_cast<void>(session.consume(bytes));
        uint64_t counted = 0;
        for (const uint64_t count : violations.count)
            counted += count;
        if (session.refused() == PV_STORE_RULE_KEPT) {
            EXPECT_EQ(counted, 0U);
            return PV_STORE_RULE_KEPT;
        }
        EXPECT_EQ(counted, 1U);
        EXPECT_EQ(violations.count[session.refused()], 1U);
        EXPECT_EQ(session.consume(watch), 0U);
        EXPECT_EQ(store.statistics().watches, 0U);
        broken.insert(session.refused());
        return session.refused();
    }

    static Bytes raw(pv_store_request head, const std::string &payload)
    {
        Bytes bytes(sizeof(head) + payload.size());
        std::memcpy(bytes.data(), &head, sizeof(head));
        std::memcpy(bytes.data() + sizeof(head), payload.data(), payload.size());
        return bytes;
    }
    static pv_store_request head_of(uint16_t operation, size_t length)
    {
        pv_store_request head = {};
        head.operation = pv_le16_of(operation);
        head.length = pv_le32_of(static_cast<uint32_t>(length));
        return head;
    }
    static std::string string_of(std::string_view text)
    {
        std::string wire;
        wire += static_cast<char>(text.size() & 0xff);
        wire += static_cast<char>(text.size() >> 8);
        return wire + std::string(text);
    }

    std::set<pv_store_rule> broken;
};

TEST_F(StoreHostile, EveryRuleOfRequests)
{
    // Refused by the head alone: no payload is waited for.
    EXPECT_EQ(rule_of(raw(head_of(PV_STORE_READ, 8193), "")), PV_STORE_RULE_REQUEST_LENGTH);
    EXPECT_EQ(rule_of(raw(head_of(PV_STORE_READ, UINT32_MAX), "")), PV_STORE_RULE_REQUEST_LENGTH);
    EXPECT_EQ(rule_of(raw(head_of(UINT16_MAX, 8193), "")), PV_STORE_RULE_REQUEST_LENGTH);
    for (int bit = 0; bit < 16; bit++) {
        pv_store_request head = head_of(PV_STORE_READ, 3);
        head.flags = pv_le16_of(static_cast<uint16_t>(1U << bit));
        EXPECT_EQ(rule_of(raw(head, "")), PV_STORE_RULE_REQUEST_FLAGS);
    }
    for (uint16_t operation = 0; operation < PV_STORE_OPERATIONS; operation++) {
        const bool may = operation == PV_STORE_WATCH || operation == PV_STORE_UNWATCH;
        pv_store_request head = head_of(operation, 100);
        head.argument = pv_le64_of(uint64_t{1} << 63);
        EXPECT_EQ(rule_of(raw(head, "")),
                  may ? PV_STORE_RULE_KEPT : PV_STORE_RULE_REQUEST_ARGUMENT);
    }
    for (const uint16_t operation :
         {PV_STORE_HELLO, PV_STORE_WATCH, PV_STORE_UNWATCH, PV_STORE_BEGIN}) {
        pv_store_request head = head_of(operation, 100);
        head.transaction = pv_le32_of(1);
        EXPECT_EQ(rule_of(raw(head, "")), PV_STORE_RULE_REQUEST_TRANSACTION);
    }
    const auto with = [&](uint16_t operation, const std::string &payload) {
        return rule_of(raw(head_of(operation, payload.size()), payload));
    };
    EXPECT_EQ(with(PV_STORE_READ, ""), PV_STORE_RULE_REQUEST_STRING);
    EXPECT_EQ(with(PV_STORE_READ, "\x01"), PV_STORE_RULE_REQUEST_STRING);
    EXPECT_EQ(with(PV_STORE_READ, string_of("abc").substr(0, 4)), PV_STORE_RULE_REQUEST_STRING);
    EXPECT_EQ(with(PV_STORE_READ, "\xff\xff"), PV_STORE_RULE_REQUEST_STRING);
    EXPECT_EQ(with(PV_STORE_WRITE, string_of("a")), PV_STORE_RULE_REQUEST_STRING);
    EXPECT_EQ(with(PV_STORE_READ, string_of("a") + "x"), PV_STORE_RULE_REQUEST_TRAILING);
    EXPECT_EQ(with(PV_STORE_BEGIN, "x"), PV_STORE_RULE_REQUEST_TRAILING);
    EXPECT_EQ(with(PV_STORE_UNWATCH, string_of("a")), PV_STORE_RULE_REQUEST_TRAILING);
    EXPECT_EQ(with(PV_STORE_HELLO, ""), PV_STORE_RULE_REQUEST_HELLO);
    EXPECT_EQ(with(PV_STORE_HELLO, std::string(15, '\0')), PV_STORE_RULE_REQUEST_HELLO);
    EXPECT_EQ(with(PV_STORE_HELLO, std::string(16, '\x01')), PV_STORE_RULE_REQUEST_HELLO);
    EXPECT_EQ(with(PV_STORE_SET_PERMISSIONS, string_of("a") + std::string(39, '\0')),
              PV_STORE_RULE_REQUEST_PERMISSIONS);
    for (int rule = PV_STORE_RULE_REQUEST_LENGTH; rule <= PV_STORE_RULE_REQUEST_HELLO; rule++)
        EXPECT_TRUE(broken.contains(static_cast<pv_store_rule>(rule))) << rule;
}

TEST_F(StoreHostile, PermissionsInEveryByte)
{
    const auto rule_with = [&](size_t offset, uint8_t byte, uint8_t count) {
        std::string payload(sizeof(pv_store_permissions), '\0');
        payload[offsetof(pv_store_permissions, grants)] = static_cast<char>(count);
        payload[offset] = static_cast<char>(byte);
        payload = string_of("a") + payload;
        return rule_of(raw(head_of(PV_STORE_SET_PERMISSIONS, payload.size()), payload));
    };
    const auto good = PV_STORE_RULE_KEPT;
    const auto bad = PV_STORE_RULE_REQUEST_PERMISSIONS;
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, others), 3, 0), good);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, others), 4, 0), bad);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, others) + 1, 1, 0), bad);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, reserved), 1, 0), bad);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, reserved) + 1, 1, 0), bad);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, grants), 9, 0), bad);
    EXPECT_EQ(rule_with(offsetof(pv_store_permissions, grants) + 1, 1, 0), bad);
    for (uint8_t i = 0; i < PV_STORE_GRANTS_MAX; i++) {
        const size_t domain = offsetof(pv_store_permissions, grant) + i * sizeof(pv_store_grant);
        const auto enough = static_cast<uint8_t>(i + 1);
        EXPECT_EQ(rule_with(domain, 1, enough), good);
        EXPECT_EQ(rule_with(domain, 1, i), bad);
        EXPECT_EQ(rule_with(domain + 2, 3, enough), good);
        EXPECT_EQ(rule_with(domain + 2, 4, enough), bad);
        EXPECT_EQ(rule_with(domain + 2, 1, i), bad);
        EXPECT_EQ(rule_with(domain + 3, 1, enough), bad);
    }
}

TEST_F(StoreHostile, TheNeighbourDoesNotNotice)
{
    Client neighbour(store, bob);
    ASSERT_EQ(neighbour.call(PV_STORE_WRITE, "a", "1").head.error, 0U);
    EXPECT_EQ(rule_of(raw(head_of(PV_STORE_READ, 8193), "")), PV_STORE_RULE_REQUEST_LENGTH);
    EXPECT_EQ(neighbour.call(PV_STORE_READ, "a").strings(), Names{"1"});
}

TEST_F(StoreHostile, WhatCameBeforeIsStillAnswered)
{
    pv_store_violations violations = {};
    StoreSession session(store, alice, violations);
    Bytes bytes = encoded(path_request(PV_STORE_MKDIR, "a"));
    const size_t good = bytes.size();
    const Bytes bad = raw(head_of(PV_STORE_READ, 8193), "");
    bytes.insert(bytes.end(), bad.begin(), bad.end());
    EXPECT_EQ(session.consume(bytes), good + sizeof(pv_store_request));
    EXPECT_EQ(session.refused(), PV_STORE_RULE_REQUEST_LENGTH);
    EXPECT_EQ(session.pending_output().size(), sizeof(pv_store_reply));
    session.drain(sizeof(pv_store_reply));
    EXPECT_TRUE(session.pending_output().empty());
    session.drain(1000);
}

TEST(StoreReplyRules, EachIsNamedAndFound)
{
    pv_store_answer answer = {};
    const auto rule_of = [&](auto change) {
        pv_store_reply reply = {};
        change(reply);
        return pv_store_reply_check(&reply, &answer);
    };
    EXPECT_EQ(rule_of([](pv_store_reply &) {}), PV_STORE_RULE_KEPT);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.kind = pv_le16_of(2); }),
              PV_STORE_RULE_REPLY_KIND);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.flags = pv_le16_of(1); }),
              PV_STORE_RULE_KEPT);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.flags = pv_le16_of(2); }),
              PV_STORE_RULE_REPLY_FLAGS);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) {
                  reply.kind = pv_le16_of(1);
                  reply.flags = pv_le16_of(1);
              }),
              PV_STORE_RULE_REPLY_FLAGS);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) {
                  reply.kind = pv_le16_of(1);
                  reply.flags = pv_le16_of(2);
              }),
              PV_STORE_RULE_KEPT);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.status = pv_le32_of(1); }),
              PV_STORE_RULE_REPLY_STATUS);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.status = pv_le32_of(0U - 4096); }),
              PV_STORE_RULE_REPLY_STATUS);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.status = pv_le32_of(0U - 4095); }),
              PV_STORE_RULE_KEPT);
    EXPECT_EQ(answer.error, 4095U);
    EXPECT_EQ(rule_of([](pv_store_reply &reply) { reply.length = pv_le32_of(8193); }),
              PV_STORE_RULE_REPLY_LENGTH);
    for (const bool id : {true, false})
        EXPECT_EQ(rule_of([id](pv_store_reply &reply) {
                      reply.kind = pv_le16_of(PV_STORE_EVENT);
                      (id ? reply.id : reply.status) = pv_le32_of(id ? 1 : 0U - 1);
                  }),
                  PV_STORE_RULE_EVENT_ID);
    std::set<std::string> names;
    for (int rule = 0; rule < PV_STORE_RULES; rule++)
        names.insert(pv_store_rule_name(static_cast<pv_store_rule>(rule)));
    EXPECT_EQ(names.size(), static_cast<size_t>(PV_STORE_RULES));
    EXPECT_STREQ(pv_store_rule_name(PV_STORE_RULES), "no such rule");
}

TEST(StoreEncoder, WritesNothingPastItsBuffer)
{
    client_request request = path_request(PV_STORE_WRITE, "/a/path");
    request.text = "value";
    request.text_size = 5;
    Bytes bytes(PV_STORE_MESSAGE_MAX);
    const uint32_t size = client_encode(bytes.data(), PV_STORE_MESSAGE_MAX, &request);
    ASSERT_EQ(size, 24U + 2 + 7 + 2 + 5);
    for (uint32_t room = 0; room <= size; room++) {
        std::vector<unsigned char> buffer(size, 0xee);
        EXPECT_EQ(client_encode(buffer.data(), room, &request), room < size ? 0 : size);
        for (uint32_t i = room; i < size; i++)
            EXPECT_EQ(buffer[i], 0xee);
    }
}

TEST(StoreEncoder, RefusesWhatTheProtocolDoes)
{
    const std::string text(70000, 'x');
    Bytes bytes(200000);
    const auto encode = [&](uint32_t first, uint32_t second) {
        client_request request = path_request(PV_STORE_WRITE, text.substr(0, first));
        request.path = text.data();
        request.text = text.data();
        request.text_size = second;
        return client_encode(bytes.data(), static_cast<uint32_t>(bytes.size()), &request);
    };
    EXPECT_EQ(encode(1000, 8192 - 4 - 1000), PV_STORE_MESSAGE_MAX);
    EXPECT_EQ(encode(1000, 8192 - 4 - 999), 0U);
    EXPECT_EQ(encode(1, 65536), 0U);
    EXPECT_EQ(encode(65537, 1), 0U);
}

TEST(StoreWire, IsTheseBytes)
{
    client_request request = path_request(PV_STORE_WRITE, "/a");
    request.id = 0x04030201;
    request.transaction = 0x08070605;
    request.text = "xyz";
    request.text_size = 3;
    const Bytes bytes = encoded(request);
    const std::string expected("\x02\x00\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x00\x00\x00"
                               "\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00/a\x03\x00xyz",
                               33);
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()), expected);
}

} // namespace
} // namespace paravane::store_test
