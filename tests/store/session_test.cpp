// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"
#include "fixture.hpp"

#include <cstring>

namespace paravane::store_test {
namespace {

class StoreSessionTest : public StoreTest {
  protected:
    explicit StoreSessionTest(const StoreLimits &limits = {}) : StoreTest(limits) {}

    static client_request plain(pv_store_operation operation, uint32_t transaction = 0)
    {
        client_request request = {};
        request.operation = operation;
        request.transaction = transaction;
        return request;
    }

    Client client{store, alice};
};

TEST_F(StoreSessionTest, HelloAgreesOnAVersion)
{
    pv_store_hello hello = {};
    hello.version = pv_le32_of(7);
    hello.features = pv_le64_of(UINT64_MAX);
    client_request request = plain(PV_STORE_HELLO);
    request.hello = &hello;
    const Message reply = client.call(request);
    EXPECT_EQ(reply.head.error, 0U);
    EXPECT_EQ(reply.head.argument, alice.value);
    ASSERT_EQ(reply.payload.size(), sizeof(hello));
    std::memcpy(&hello, reply.payload.data(), sizeof(hello));
    EXPECT_EQ(pv_le32_get(hello.version), PV_STORE_VERSION);
    EXPECT_EQ(pv_le64_get(hello.features), PV_STORE_FEATURES);
    hello = {};
    EXPECT_EQ(client.call(request).head.error, static_cast<uint32_t>(PV_EINVAL));
}

TEST_F(StoreSessionTest, EveryOperation)
{
    EXPECT_EQ(client.call(PV_STORE_WRITE, "d/a", "one").head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_READ, "d/a").strings(), Names{"one"});
    EXPECT_EQ(client.call(PV_STORE_READ, "/domain/5/d/a").strings(), Names{"one"});
    EXPECT_EQ(client.call(PV_STORE_MKDIR, "d/b").head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_MKDIR, "d/b").head.error, static_cast<uint32_t>(PV_EEXIST));
    EXPECT_EQ(client.call(PV_STORE_LIST, "d", "").strings(), (Names{"a", "b"}));
    EXPECT_EQ(client.call(PV_STORE_LIST, "d", "a").strings(), Names{"b"});
    EXPECT_EQ(client.call(PV_STORE_LIST, "d/a", "").payload, "");
    EXPECT_EQ(client.call(PV_STORE_LIST, "d", "a/b").head.error, static_cast<uint32_t>(PV_EINVAL));
    EXPECT_EQ(client.call(PV_STORE_RM, "d/b").head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_READ, "d/b").head.error, static_cast<uint32_t>(PV_ENOENT));
    EXPECT_EQ(client.call(PV_STORE_READ, "a//b").head.error, static_cast<uint32_t>(PV_EINVAL));
    EXPECT_EQ(client.call(PV_STORE_READ, "").head.error, static_cast<uint32_t>(PV_EINVAL));
    EXPECT_EQ(client.session.refused(), PV_STORE_RULE_KEPT);
}

TEST_F(StoreSessionTest, LengthsAreCheckedByTheStore)
{
    const std::string value(4096, '\0');
    EXPECT_EQ(client.call(PV_STORE_WRITE, "a", value).head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_READ, "a").strings(), Names{value});
    EXPECT_EQ(client.call(PV_STORE_WRITE, "a", value + "x").head.error,
              static_cast<uint32_t>(PV_E2BIG));
    EXPECT_EQ(client.call(PV_STORE_READ, std::string(1025, 'x')).head.error,
              static_cast<uint32_t>(PV_ENAMETOOLONG));
    EXPECT_EQ(client.session.refused(), PV_STORE_RULE_KEPT);
}

TEST_F(StoreSessionTest, PermissionsTravel)
{
    pv_store_permissions wanted = {};
    wanted.owner = pv_le16_of(alice.value);
    wanted.others = pv_le16_of(PV_STORE_RIGHT_READ);
    wanted.grants = pv_le16_of(1);
    wanted.grant[0] = {pv_le16_of(bob.value), pv_le16_of(PV_STORE_RIGHTS)};
    ASSERT_EQ(client.call(PV_STORE_MKDIR, "a").head.error, 0U);
    client_request request = path_request(PV_STORE_SET_PERMISSIONS, "a");
    request.permissions = &wanted;
    EXPECT_EQ(client.call(request).head.error, 0U);
    const Message reply = client.call(PV_STORE_GET_PERMISSIONS, "a");
    ASSERT_EQ(reply.payload.size(), sizeof(wanted));
    EXPECT_EQ(std::memcmp(reply.payload.data(), &wanted, sizeof(wanted)), 0);
    EXPECT_EQ(write(bob, "/domain/5/a", "x"), 0);
    wanted.owner = pv_le16_of(bob.value);
    EXPECT_EQ(client.call(request).head.error, static_cast<uint32_t>(PV_EPERM));
}

TEST_F(StoreSessionTest, TransactionsAreTheSessionsOwn)
{
    Client other(store, alice);
    const Message begun = client.call(plain(PV_STORE_BEGIN));
    const auto id = static_cast<uint32_t>(begun.head.argument);
    EXPECT_EQ(begun.head.error, 0U);
    EXPECT_NE(id, 0U);
    EXPECT_EQ(client.call(PV_STORE_WRITE, "a", "1", id).head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_READ, "a", id).strings(), Names{"1"});
    EXPECT_EQ(other.call(PV_STORE_READ, "a", id).head.error, static_cast<uint32_t>(PV_ENOENT));
    EXPECT_EQ(other.call(plain(PV_STORE_COMMIT, id)).head.error, static_cast<uint32_t>(PV_ENOENT));
    EXPECT_EQ(client.call(plain(PV_STORE_COMMIT, id)).head.error, 0U);
    EXPECT_EQ(read(alice, "a"), "1");
    EXPECT_EQ(client.call(plain(PV_STORE_COMMIT, id)).head.error, static_cast<uint32_t>(PV_ENOENT));
    const auto next = static_cast<uint32_t>(client.call(plain(PV_STORE_BEGIN)).head.argument);
    EXPECT_EQ(client.call(PV_STORE_RM, "a", next).head.error, 0U);
    EXPECT_EQ(client.call(plain(PV_STORE_ABORT, next)).head.error, 0U);
    EXPECT_EQ(read(alice, "a"), "1");
}

TEST_F(StoreSessionTest, ListsArePaged)
{
    // Of 130 bytes each on the wire, so 63 a page.
    Names all;
    for (int i = 100; i < 300; i++)
        all.push_back(std::to_string(i) + std::string(125, 'x'));
    for (const std::string &name : all)
        ASSERT_EQ(mkdir(alice, "d/" + name), 0);
    Names seen;
    Message page;
    int pages = 0;
    do {
        page = client.call(PV_STORE_LIST, "d", seen.empty() ? std::string_view() : seen.back());
        for (const std::string &name : page.strings())
            seen.push_back(name);
        EXPECT_LE(page.payload.size(), PV_STORE_PAYLOAD_MAX);
        pages++;
    } while (page.head.flags == PV_STORE_FLAG_MORE && pages < 100);
    EXPECT_EQ(pages, 4);
    EXPECT_EQ(seen, all);
}

TEST_F(StoreSessionTest, EventsHaveTheirCookieAndTheNameThatTheClientUsed)
{
    EXPECT_EQ(client.call(PV_STORE_WATCH, "a", 0, 7).head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_WATCH, "/domain/5", 0, UINT64_MAX).head.error, 0U);
    EXPECT_EQ(client.call(PV_STORE_WATCH, "b", 0, 7).head.error, static_cast<uint32_t>(PV_EEXIST));
    EXPECT_EQ(client.take_events(), (Names{"7 a", "18446744073709551615 /domain/5"}));
    ASSERT_EQ(write(host, "/domain/5/a/b", ""), 0);
    client.receive();
    EXPECT_EQ(client.take_events(), (Names{"7 a/b", "18446744073709551615 /domain/5/a/b"}));
    client_request unwatch = plain(PV_STORE_UNWATCH);
    unwatch.argument = 7;
    EXPECT_EQ(client.call(unwatch).head.error, 0U);
    EXPECT_EQ(client.call(unwatch).head.error, static_cast<uint32_t>(PV_ENOENT));
    ASSERT_EQ(write(alice, "a/b", ""), 0);
    client.receive();
    EXPECT_EQ(client.take_events(), Names{"18446744073709551615 /domain/5/a/b"});
}

TEST_F(StoreSessionTest, AReplyComesBeforeTheEventsOfItsOwnRequest)
{
    ASSERT_EQ(client.call(PV_STORE_WATCH, "a", 0, 1).head.error, 0U);
    client.receive();
    const Bytes bytes = [] {
        client_request request = path_request(PV_STORE_MKDIR, "a");
        request.id = 77;
        return encoded(request);
    }();
    ASSERT_EQ(client.session.consume(bytes), bytes.size());
    const unsigned char *payload = nullptr;
    pv_store_answer answer = {};
    const auto output = client.session.pending_output();
    ASSERT_EQ(client_decode(output.data(), static_cast<uint32_t>(output.size()), &answer, &payload),
              PV_STORE_RULE_KEPT);
    EXPECT_EQ(answer.kind, PV_STORE_REPLY);
    EXPECT_EQ(answer.id, 77U);
}

TEST_F(StoreSessionTest, WakesItsOwnerOnceWhenSomebodyElseMakesOutput)
{
    ASSERT_EQ(client.call(PV_STORE_WATCH, "a", 0, 1).head.error, 0U);
    EXPECT_EQ(client.wakes, 0);
    ASSERT_EQ(write(host, "/domain/5/a", ""), 0);
    ASSERT_EQ(write(host, "/domain/5/a/b", ""), 0);
    EXPECT_EQ(client.wakes, 1);
    client.receive();
    ASSERT_EQ(client.call(PV_STORE_WRITE, "a", "").head.error, 0U);
    EXPECT_EQ(client.wakes, 1);
    ASSERT_EQ(write(host, "/domain/5/a", ""), 0);
    EXPECT_EQ(client.wakes, 2);
}

TEST_F(StoreSessionTest, AnUnknownOperationIsENOSYS)
{
    const auto unknown = static_cast<pv_store_operation>(PV_STORE_OPERATIONS);
    EXPECT_EQ(client.call(unknown, "a", "any payload").head.error,
              static_cast<uint32_t>(PV_ENOSYS));
    EXPECT_EQ(client.session.refused(), PV_STORE_RULE_KEPT);
}

TEST_F(StoreSessionTest, ItsEndEndsItsWatchesAndTransactions)
{
    {
        Client other(store, alice);
        ASSERT_EQ(other.call(PV_STORE_WATCH, "a", 0, 1).head.error, 0U);
        ASSERT_EQ(other.call(plain(PV_STORE_BEGIN)).head.error, 0U);
        EXPECT_EQ(store.statistics().watches, 1U);
        EXPECT_EQ(store.statistics().transactions, 1U);
    }
    EXPECT_EQ(store.statistics().watches, 0U);
    EXPECT_EQ(store.statistics().transactions, 0U);
    EXPECT_EQ(write(alice, "a", ""), 0);
}

TEST_F(StoreSessionTest, OutlivesItsDomainsEnd)
{
    ASSERT_EQ(client.call(PV_STORE_WATCH, "a", 0, 1).head.error, 0U);
    const auto id = static_cast<uint32_t>(client.call(plain(PV_STORE_BEGIN)).head.argument);
    store.forget(alice, Store::NodesOf::removed);
    EXPECT_EQ(client.call(PV_STORE_READ, "a", id).head.error, static_cast<uint32_t>(PV_ENOENT));
    client_request unwatch = plain(PV_STORE_UNWATCH);
    unwatch.argument = 1;
    EXPECT_EQ(client.call(unwatch).head.error, 0U);
}

// Any cut of the bytes of several requests gives the same replies and events.
TEST_F(StoreSessionTest, AnyFragmentation)
{
    Bytes all;
    const auto add = [&](client_request request, std::string_view text, bool with_text) {
        static uint32_t id = 0;
        request.id = ++id;
        if (with_text) {
            request.text = text.data();
            request.text_size = static_cast<uint32_t>(text.size());
        }
        const Bytes bytes = encoded(request);
        all.insert(all.end(), bytes.begin(), bytes.end());
    };
    add(path_request(PV_STORE_WATCH, "d"), "", false);
    add(path_request(PV_STORE_WRITE, "d/a"), "value", true);
    add(path_request(PV_STORE_READ, "d/a"), "", false);
    add(plain(PV_STORE_BEGIN), "", false);
    add(path_request(PV_STORE_LIST, "d"), "", true);
    add(path_request(PV_STORE_RM, "d"), "", false);

    const auto run = [&](size_t first, size_t step) {
        Store fresh;
        EXPECT_EQ(error_of(fresh.introduce(alice)), 0);
        pv_store_violations violations = {};
        StoreSession session(fresh, alice, violations);
        std::string output;
        size_t at = 0;
        size_t piece = first;
        while (at < all.size()) {
            piece = std::min(piece, all.size() - at);
            EXPECT_EQ(session.consume(std::span(all).subspan(at, piece)), piece);
            at += piece;
            piece = step;
        }
        const auto bytes = session.pending_output();
        output.assign(reinterpret_cast<const char *>(bytes.data()), bytes.size());
        EXPECT_EQ(session.refused(), PV_STORE_RULE_KEPT);
        return output;
    };
    const std::string whole = run(all.size(), all.size());
    EXPECT_GT(whole.size(), 6 * sizeof(pv_store_reply));
    for (size_t cut = 1; cut < all.size(); cut++)
        ASSERT_EQ(run(cut, all.size()), whole) << "cut at " << cut;
    for (size_t step = 1; step < 40; step++)
        ASSERT_EQ(run(step, step), whole) << "pieces of " << step;
}

TEST_F(StoreSessionTest, WhoDoesNotDrainIsNotListenedTo)
{
    ASSERT_EQ(write(alice, "a", std::string(4096, 'x')), 0);
    const Bytes request = encoded(path_request(PV_STORE_READ, "a"));
    size_t whole = 0;
    size_t last = request.size();
    while (whole < 1000) {
        last = client.session.consume(request);
        if (last < request.size())
            break;
        whole++;
    }
    EXPECT_LT(last, request.size());
    EXPECT_LE(whole, 5U);
    EXPECT_LE(client.session.pending_output().size(), Outbox::limit);
    EXPECT_EQ(client.session.consume(request), 0U);
    client.receive();
    // The one that was held is answered by draining alone.
    EXPECT_EQ(client.replies.size(), whole);
    EXPECT_EQ(client.session.consume(request), request.size());
    client.receive();
    EXPECT_EQ(client.replies.size(), whole + 1);
}

class StoreSessionEvents : public StoreSessionTest {
  protected:
    StoreSessionEvents() : StoreSessionTest({.events = 8}) {}
};

TEST_F(StoreSessionEvents, WhoDoesNotDrainIsToldToReadAllAgain)
{
    ASSERT_EQ(client.call(PV_STORE_WATCH, "d", 0, 1).head.error, 0U);
    ASSERT_EQ(client.call(PV_STORE_WATCH, "d", 0, 2).head.error, 0U);
    client.receive();
    client.take_events();
    for (int i = 0; i < 1000; i++)
        ASSERT_EQ(mkdir(host, "/domain/5/d/" + std::to_string(i)), 0);
    EXPECT_EQ(client.wakes, 1);
    client.receive();
    EXPECT_EQ(client.take_events(), (Names{"1 d/0", "2 d/0", "1 d/1", "2 d/1", "1 d/2", "2 d/2",
                                           "1 d/3", "2 d/3", "1 d!", "2 d!"}));
    ASSERT_EQ(mkdir(host, "/domain/5/d/again"), 0);
    client.receive();
    EXPECT_EQ(client.take_events(), (Names{"1 d/again", "2 d/again"}));
}

} // namespace
} // namespace paravane::store_test
