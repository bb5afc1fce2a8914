// SPDX-License-Identifier: Apache-2.0
//
// The client's half of the store's protocol, against stores that lie.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "frontend-drivers/store/exchange.hpp"
#include "frontend-drivers/store/permissions.hpp"

namespace keel::store {
namespace {

using Bytes = std::vector<unsigned char>;

struct Head {
    uint16_t kind = PV_STORE_REPLY;
    uint16_t flags = 0;
    uint32_t id = 1;
    uint32_t status = 0;
    uint64_t argument = 0;
    uint32_t more_length = 0; // promised beyond what is there
};

uint32_t refused(int error)
{
    return static_cast<uint32_t>(-error);
}

Bytes message(const Head &head, const Bytes &payload = {})
{
    const pv_store_reply wire = {
        pv_le16_of(head.kind),
        pv_le16_of(head.flags),
        pv_le32_of(head.id),
        pv_le32_of(head.status),
        pv_le32_of(static_cast<uint32_t>(payload.size()) + head.more_length),
        pv_le64_of(head.argument)};
    Bytes bytes(sizeof(wire));

    std::memcpy(bytes.data(), &wire, sizeof(wire));
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    return bytes;
}

Bytes text(std::string_view value)
{
    Bytes bytes;
    bytes.push_back(static_cast<unsigned char>(value.size() % 256));
    bytes.push_back(static_cast<unsigned char>(value.size() / 256));
    for (char byte : value)
        bytes.push_back(static_cast<unsigned char>(byte));
    return bytes;
}

Bytes texts(std::initializer_list<std::string_view> values)
{
    Bytes bytes;
    for (std::string_view value : values) {
        const Bytes one = text(value);
        bytes.insert(bytes.end(), one.begin(), one.end());
    }
    return bytes;
}

// In pieces of at most so many bytes, until the exchange hears no more.
void tell(Exchange &exchange, const Bytes &bytes, std::size_t piece = SIZE_MAX)
{
    for (std::size_t at = 0; at < bytes.size() && exchange.ended().empty();) {
        const std::span<unsigned char> into = exchange.input();
        ASSERT_FALSE(into.empty());
        const std::size_t count = std::min({into.size(), piece, bytes.size() - at});
        std::copy_n(bytes.data() + at, count, into.data());
        exchange.received(count);
        at += count;
    }
}

class StoreExchange : public ::testing::Test {
  protected:
    void start(Call &with, const Request &request)
    {
        ASSERT_TRUE(exchange.ready());
        exchange.start(with, request);
        exchange.sent(exchange.output().size());
    }

    void hear(const Bytes &bytes, std::size_t piece = SIZE_MAX) { tell(exchange, bytes, piece); }

    std::array<char, PV_STORE_PAYLOAD_MAX> room{};
    Exchange exchange;
    Call call{room};
};

TEST_F(StoreExchange, AnswersComeInAnyPieces)
{
    uint32_t id = 0;

    for (std::size_t piece : {1U, 2U, 23U, 24U, 25U, 4096U}) {
        start(call, Request(PV_STORE_READ, "a"));
        hear(message({.id = ++id}, text("value")), piece);
        ASSERT_TRUE(call.done());
        EXPECT_EQ(call.error(), 0U);
        EXPECT_EQ(call.payload(), "value");
    }
}

TEST_F(StoreExchange, AValueThatDoesNotFitIsTheCallersMatter)
{
    std::array<char, 4> little{};
    Call small(little);

    start(small, Request(PV_STORE_READ, "a"));
    hear(message({}, text("value")));
    EXPECT_EQ(small.error(), error_no_room);
    EXPECT_EQ(small.size(), 5U);
    EXPECT_EQ(little, (std::array<char, 4>{}));
    EXPECT_EQ(exchange.ended(), "");
}

TEST_F(StoreExchange, RefusalsAreTheNumbersOfErrors)
{
    start(call, Request(PV_STORE_READ, "a"));
    hear(message({.status = refused(PV_ENOENT)}));
    EXPECT_EQ(call.error(), uint32_t{PV_ENOENT});
    EXPECT_EQ(exchange.ended(), "");
}

TEST_F(StoreExchange, AForgottenCallIsAnsweredToNobody)
{
    {
        Call forgotten(room);
        start(forgotten, Request(PV_STORE_READ, "a"));
    }
    start(call, Request(PV_STORE_READ, "b"));
    room.fill('-');
    hear(message({.id = 1}, text("for nobody")));
    EXPECT_EQ(room[0], '-');
    EXPECT_FALSE(call.done());
    hear(message({.id = 2}, text("for us")));
    EXPECT_EQ(call.payload(), "for us");
}

TEST_F(StoreExchange, NoMoreThanTheyAreOnTheirWay)
{
    std::array<Call, Exchange::calls_max> calls;

    for (Call &one : calls)
        start(one, Request(PV_STORE_BEGIN));
    EXPECT_FALSE(exchange.ready());
    hear(message({.id = 1, .argument = 7}));
    EXPECT_TRUE(exchange.ready());
    exchange.end("enough");
    for (std::size_t i = 1; i < calls.size(); i++)
        EXPECT_EQ(calls[i].error(), error_ended);
    EXPECT_EQ(calls[0].argument(), 7U);
}

TEST_F(StoreExchange, RequestsThatDoNotFitAMessage)
{
    const std::string longest(PV_STORE_PAYLOAD_MAX, 'x');

    for (const std::string &value : {longest, std::string(65536, 'x'), std::string(8188, 'x')}) {
        exchange.start(call, Request(PV_STORE_WRITE, "a", value));
        EXPECT_TRUE(call.done());
        EXPECT_EQ(call.error(), error_too_long);
        EXPECT_TRUE(exchange.ready());
    }
    start(call, Request(PV_STORE_WRITE, "a", longest.substr(0, PV_STORE_PAYLOAD_MAX - 5)));
    EXPECT_FALSE(call.done());
}

TEST_F(StoreExchange, BrokenHeads)
{
    const Request read(PV_STORE_READ, "a");
    const auto why = [&](const Head &head, const Bytes &payload = {}) {
        Exchange fresh;
        Call one;
        fresh.start(one, read);
        tell(fresh, message(head, payload));
        EXPECT_TRUE(one.done());
        EXPECT_EQ(one.error(), error_ended);
        // It stays so.
        fresh.start(one, read);
        EXPECT_EQ(one.error(), error_ended);
        EXPECT_TRUE(one.done() && fresh.output().empty());
        return std::string(fresh.ended());
    };

    EXPECT_EQ(why({.kind = 2}), pv_store_rule_name(PV_STORE_RULE_REPLY_KIND));
    EXPECT_EQ(why({.flags = 4}), pv_store_rule_name(PV_STORE_RULE_REPLY_FLAGS));
    EXPECT_EQ(why({.status = 1}), pv_store_rule_name(PV_STORE_RULE_REPLY_STATUS));
    EXPECT_EQ(why({.status = refused(4096)}), pv_store_rule_name(PV_STORE_RULE_REPLY_STATUS));
    EXPECT_EQ(why({.more_length = PV_STORE_PAYLOAD_MAX + 1}),
              pv_store_rule_name(PV_STORE_RULE_REPLY_LENGTH));
    EXPECT_EQ(why({.more_length = UINT32_MAX}), pv_store_rule_name(PV_STORE_RULE_REPLY_LENGTH));
    EXPECT_EQ(why({.kind = PV_STORE_EVENT}), pv_store_rule_name(PV_STORE_RULE_EVENT_ID));
    EXPECT_EQ(why({.id = 2}, text("x")), "a reply to no request, or out of order");
    EXPECT_EQ(why({.id = 0}, text("x")), "a reply to no request, or out of order");
    for (const Head &head : {Head{.flags = PV_STORE_FLAG_MORE, .status = refused(2)},
                             Head{.status = refused(2), .argument = 1}})
        EXPECT_EQ(why(head), "more than a status in a refusal");
    EXPECT_EQ(why({.status = refused(2)}, text("x")), "more than a status in a refusal");
    EXPECT_EQ(why({.flags = PV_STORE_FLAG_MORE}, text("x")), "a flag of lists in another reply");
    EXPECT_EQ(why({.argument = 1}, text("x")), "argument of a reply that has none");
}

TEST_F(StoreExchange, AReplyToNothing)
{
    hear(message({.id = 1}));
    EXPECT_EQ(exchange.ended(), "a reply to no request, or out of order");
}

struct Lie {
    const char *name;
    Request request;
    Head head;
    Bytes payload;
    const char *why;
};

Bytes permissions(uint16_t others, uint16_t grants, uint16_t reserved, uint16_t rights)
{
    pv_store_permissions wire = {};
    wire.others = pv_le16_of(others);
    wire.grants = pv_le16_of(grants);
    wire.reserved = pv_le16_of(reserved);
    wire.grant[1].rights = pv_le16_of(rights);
    Bytes bytes(sizeof(wire));
    std::memcpy(bytes.data(), &wire, sizeof(wire));
    return bytes;
}

Bytes hello(uint32_t version, uint32_t reserved, uint64_t features)
{
    const pv_store_hello wire = {pv_le32_of(version), pv_le32_of(reserved), pv_le64_of(features)};
    Bytes bytes(sizeof(wire));
    std::memcpy(bytes.data(), &wire, sizeof(wire));
    return bytes;
}

std::vector<Lie> lies()
{
    const Request read(PV_STORE_READ, "a");
    const Request list(PV_STORE_LIST, "a");
    const Request list_on(PV_STORE_LIST, "a", "m");
    const Request get(PV_STORE_GET_PERMISSIONS, "a");
    const Request greet(PV_STORE_HELLO);
    const Head more = {.flags = PV_STORE_FLAG_MORE};
    const Bytes late = text("l");
    Bytes trailing = text("x");
    trailing.push_back(0);
    const char *value = "a value not well formed";
    const char *order = "names out of their order";
    const char *length = "a name that is empty or too long";
    const char *rights = "permissions not well formed";
    const char *begin = "a transaction that is none";

    return {
        {"value missing", read, {}, {}, value},
        {"value cut", read, {}, {5, 0, 'x'}, value},
        {"value trailing", read, {}, trailing, value},
        {"value too long", read, {}, text(std::string(PV_STORE_VALUE_MAX + 1, 'x')), value},
        {"list more of nothing", list, more, {}, "a list with more to come after nothing"},
        {"list cut", list, {}, {5, 0, 'x'}, "a name past the end of the payload"},
        {"list empty name", list, {}, texts({"a", ""}), length},
        {"list long name", list, {}, text(std::string(129, 'x')), length},
        {"list twice", list, {}, texts({"a", "a"}), order},
        {"list falling", list, {}, texts({"b", "a"}), order},
        {"list goes on with itself", list_on, more, text("m"), order},
        {"list goes back", list_on, more, late, order},
        {"permissions missing", get, {}, {}, rights},
        {"permissions long", get, {}, Bytes(41), rights},
        {"permissions others", get, {}, permissions(4, 0, 0, 0), rights},
        {"permissions grants", get, {}, permissions(0, 9, 0, 0), rights},
        {"permissions reserved", get, {}, permissions(0, 0, 1, 0), rights},
        {"permissions rights", get, {}, permissions(0, 2, 0, 4), rights},
        {"permissions unused", get, {}, permissions(0, 1, 0, 1), rights},
        {"hello short", greet, {}, Bytes(15), "hello not well formed"},
        {"hello reserved", greet, {}, hello(1, 1, 0), "hello not well formed"},
        {"hello version", greet, {}, hello(2, 0, 0), "a version or features that were not offered"},
        {"hello features",
         greet,
         {},
         hello(1, 0, 1),
         "a version or features that were not offered"},
        {"hello domain", greet, {.argument = 65536}, hello(1, 0, 0), "a domain that is none"},
        {"begin none", Request(PV_STORE_BEGIN), {}, {}, begin},
        {"begin large", Request(PV_STORE_BEGIN), {.argument = uint64_t{1} << 32}, {}, begin},
        {"write says", Request(PV_STORE_WRITE, "a"), {}, {0}, "payload of a reply that has none"},
    };
}

TEST(StoreLies, EachEndsTheConnectionByName)
{
    for (const Lie &lie : lies()) {
        SCOPED_TRACE(lie.name);
        std::array<char, PV_STORE_PAYLOAD_MAX> room{};
        Exchange exchange;
        Call call(room);
        exchange.start(call, lie.request);
        tell(exchange, message(lie.head, lie.payload));
        EXPECT_EQ(exchange.ended(), lie.why);
        EXPECT_EQ(call.error(), error_ended);
    }
}

struct Told {
    std::vector<std::string> paths;
    uint32_t lost = 0;

    static void note(void *context, const Change &change)
    {
        Told &told = *static_cast<Told *>(context);
        told.paths.emplace_back(change.path);
        told.lost += change.lost ? 1 : 0;
    }
};

Bytes event(uint64_t cookie, std::string_view path, uint16_t flags = 0)
{
    return message({.kind = PV_STORE_EVENT, .flags = flags, .id = 0, .argument = cookie},
                   text(path));
}

TEST_F(StoreExchange, EventsAreKeptAndToldInOrder)
{
    Told told;
    Watch watch(Told::note, &told);
    const uint64_t cookie = exchange.watches().add(watch);

    for (const char *path : {"a", "b", "c"})
        hear(event(cookie, path));
    while (exchange.watches().tell_one())
        ;
    EXPECT_EQ(told.paths, (std::vector<std::string>{"a", "b", "c"}));
    hear(event(cookie, "d", PV_STORE_FLAG_OVERFLOW));
    EXPECT_TRUE(exchange.watches().tell_one());
    EXPECT_EQ(told.lost, 1U);
    EXPECT_EQ(exchange.ended(), "");
}

TEST_F(StoreExchange, AFloodOfEventsIsTold)
{
    Told told;
    Watch watch(Told::note, &told);
    const uint64_t cookie = exchange.watches().add(watch);

    for (int i = 0; i < 10000; i++)
        hear(event(cookie, std::string(PV_STORE_PATH_MAX, 'x')));
    while (exchange.watches().tell_one())
        ;
    EXPECT_EQ(told.paths.size(), Watches::held_max + 1);
    EXPECT_EQ(told.lost, 1U);
}

TEST_F(StoreExchange, EventsOfNoWatch)
{
    Told told;
    Watch watch(Told::note, &told);
    const uint64_t cookie = exchange.watches().add(watch);

    hear(event(cookie, "a"));
    exchange.watches().remove(watch);
    while (exchange.watches().tell_one())
        ;
    EXPECT_TRUE(told.paths.empty());
    hear(event(cookie, "a"));
    EXPECT_EQ(exchange.ended(), "an event of no watch");
}

TEST_F(StoreExchange, EventsWithBadPaths)
{
    for (const Bytes &payload : {Bytes{}, text(""), text(std::string(PV_STORE_PATH_MAX + 1, 'x')),
                                 Bytes{5, 0, 'x'}, texts({"a", "b"})}) {
        Exchange fresh;
        Told told;
        Watch watch(Told::note, &told);
        tell(fresh,
             message({.kind = PV_STORE_EVENT, .id = 0, .argument = fresh.watches().add(watch)},
                     payload));
        EXPECT_EQ(fresh.ended(), "a path not well formed");
    }
}

// Any bytes at all: it ends, or goes on, and touches nothing else; the sanitizers look on.
TEST(StoreNoise, NothingButAnEnd)
{
    std::mt19937 random(std::random_device{}());

    for (int round = 0; round < 2000; round++) {
        std::array<char, 64> room{};
        Exchange exchange;
        Call call(room);
        Told told;
        Watch watch(Told::note, &told);
        const uint64_t cookie = exchange.watches().add(watch);
        const auto operation = static_cast<pv_store_operation>(random() % PV_STORE_OPERATIONS);
        const Permissions nobody;
        Request request(operation, "a", "b");
        request.permissions = &nobody;
        exchange.start(call, request);
        for (int part = 0; part < 40 && exchange.ended().empty(); part++) {
            Bytes payload(random() % 48);
            for (unsigned char &byte : payload)
                byte = static_cast<unsigned char>(random() % 4);
            const Head head = {.kind = static_cast<uint16_t>(random() % 8 == 0 ? 2 : random() % 2),
                               .flags = static_cast<uint16_t>(random() % 3),
                               .id = static_cast<uint32_t>(random() % 2),
                               .status = random() % 4 == 0 ? refused(2) : 0,
                               .argument = random() % 2 == 0 ? cookie : random() % 3};
            tell(exchange, message(head, payload), 1 + random() % 64);
        }
        while (exchange.watches().tell_one())
            ;
    }
}

} // namespace
} // namespace keel::store
