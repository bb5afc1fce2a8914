// SPDX-License-Identifier: Apache-2.0
//
// The store: each operation, what it refuses, and how much of it a guest may have. All is done
// beneath `t` in the guest's home.
#include <algorithm>

#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/start.hpp"
#include "frontend-drivers/store/client.hpp"
#include "frontend-drivers/store/listing.hpp"

namespace keel::selftest {

namespace {

using namespace keel::store;

constinit std::array<char, 9000> long_text = {};

// A client that listens, whatever other tests have done with the ports, and nothing beneath `t`.
Client &fresh()
{
    client().listen();
    (void)client().remove("t");
    std::fill(long_text.begin(), long_text.end(), 'x');
    return client();
}

std::string_view long_name(std::size_t length)
{
    return {long_text.data(), length};
}

// `a/a/...` of so many names.
std::string_view deep_path(std::size_t names, Writer &text)
{
    text.clear();
    for (std::size_t i = 0; i < names; i++)
        text.put(i == 0 ? "a" : "/a");
    return text.text();
}

std::string_view of_domain(uint32_t domain, std::string_view rest, Writer &text)
{
    text.clear();
    format(text, "/domain/{}{}", domain, rest);
    return text.text();
}

void hello(Verdict &verdict)
{
    (void)fresh();
    KEEL_EXPECT(client().ended().empty());
}

void values(Verdict &verdict)
{
    Client &store = fresh();
    std::array<char, PV_STORE_VALUE_MAX> room{};
    std::array<char, 64> path_room{};
    Writer path(path_room);

    for (std::size_t length :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{PV_STORE_VALUE_MAX}}) {
        for (std::size_t i = 0; i < length; i++)
            long_text[i] = static_cast<char>(i * 7);
        KEEL_EXPECT_IS(store.write("t/value", long_name(length)), Error{0});
        const auto value = store.read("t/value", room);
        KEEL_EXPECT_IS(value.error, Error{0});
        KEEL_EXPECT(value.value == long_name(length));
    }
    const auto same = store.read(of_domain(start().domain, "/t/value", path), room);
    KEEL_EXPECT(same.good() && same.value.size() == PV_STORE_VALUE_MAX);
    // A directory that was made on the way is a node with a value, too.
    KEEL_EXPECT(store.read("t", room).good());

    KEEL_EXPECT_IS(store.read("t/value", std::span(room).first(4095)).error, error_no_room);
    KEEL_EXPECT_IS(store.read("t/value", {}).error, error_no_room);
    KEEL_EXPECT_IS(store.write("t/value", long_name(PV_STORE_VALUE_MAX + 1)), Error{PV_E2BIG});
    KEEL_EXPECT_IS(store.write("t/value", long_name(PV_STORE_PAYLOAD_MAX)), error_too_long);
    KEEL_EXPECT_IS(store.read("t/none", room).error, Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
    KEEL_EXPECT_IS(store.read("t/value", room).error, Error{PV_ENOENT});
}

// What each operation that takes a path says of this one.
void refused_by_all(Verdict &verdict, std::string_view path, Error wanted)
{
    Client &store = client();
    Watch watch([](void *, const Change &) {}, nullptr);
    Listing listing(store, path);
    std::string_view name;

    KEEL_EXPECT_IS(store.read(path, {}).error, wanted);
    KEEL_EXPECT_IS(store.write(path, "x"), wanted);
    KEEL_EXPECT_IS(store.mkdir(path), wanted);
    KEEL_EXPECT_IS(store.remove(path), wanted);
    KEEL_EXPECT_IS(store.permissions(path).error, wanted);
    KEEL_EXPECT_IS(store.set_permissions(path, {}), wanted);
    KEEL_EXPECT_IS(store.watch(watch, path), wanted);
    KEEL_EXPECT(!listing.next(name));
    KEEL_EXPECT_IS(listing.error(), wanted);
}

void bad_paths(Verdict &verdict)
{
    Client &store = fresh();
    std::array<char, 128> room{};
    Writer text(room);

    for (std::string_view path : {"", "t//x", "t/", "//", "t x", "t\n", "t/\x80", "t,"}) {
        refused_by_all(verdict, path, PV_EINVAL);
        if (verdict.kind() != Verdict::Kind::pass)
            return;
    }
    for (std::string_view path : {long_name(PV_STORE_COMPONENT_MAX + 1), long_name(1024),
                                  deep_path(PV_STORE_DEPTH_MAX - 1, text)}) {
        refused_by_all(verdict, path, PV_ENAMETOOLONG);
        if (verdict.kind() != Verdict::Kind::pass)
            return;
    }
    refused_by_all(verdict, long_name(9000), error_too_long);
    // The deepest, and the longest name.
    KEEL_EXPECT_IS(store.write(deep_path(PV_STORE_DEPTH_MAX - 2, text), "x"), Error{0});
    KEEL_EXPECT_IS(store.remove("a"), Error{0});
    KEEL_EXPECT_IS(store.mkdir(long_name(PV_STORE_COMPONENT_MAX)), Error{0});
    KEEL_EXPECT_IS(store.remove(long_name(PV_STORE_COMPONENT_MAX)), Error{0});
    KEEL_EXPECT(store.ended().empty());
}

void directories(Verdict &verdict)
{
    Client &store = fresh();
    Listing empty(store, "t/a/b/c");
    Listing missing(store, "t/z");
    std::string_view name;

    KEEL_EXPECT_IS(store.mkdir("t/a/b/c"), Error{0});
    KEEL_EXPECT_IS(store.mkdir("t/a/b/c"), Error{PV_EEXIST});
    KEEL_EXPECT_IS(store.mkdir("t/a"), Error{PV_EEXIST});
    KEEL_EXPECT(!empty.next(name) && empty.error() == 0);
    KEEL_EXPECT(!missing.next(name) && missing.error() == PV_ENOENT);
    KEEL_EXPECT_IS(store.remove("t/a"), Error{0});
    KEEL_EXPECT_IS(store.remove("t/a"), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("t/a/b"), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("/"), Error{PV_EINVAL});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

// Several pages of names, in their order.
void big_list(Verdict &verdict)
{
    constexpr uint32_t many = 900;
    Client &store = fresh();
    std::array<Call, 50> calls{};
    std::array<char, 64> room{};
    Writer text(room);

    for (uint32_t i = 0; i < many; i++) {
        Call &call = calls[i % calls.size()];
        store.finish(call);
        KEEL_EXPECT(i < calls.size() || call.error() == 0);
        text.clear();
        format(text, "t/node-with-a-long-name-{}", 10000 + i * 7 % many);
        store.submit(call, Request(PV_STORE_MKDIR, text.text()));
    }
    for (Call &call : calls) {
        store.finish(call);
        KEEL_EXPECT_IS(call.error(), Error{0});
    }
    Listing listing(store, "t");
    std::string_view name;
    uint32_t found = 0;
    for (; listing.next(name); found++) {
        text.clear();
        format(text, "node-with-a-long-name-{}", 10000 + found);
        KEEL_EXPECT_IS(name, text.text());
    }
    KEEL_EXPECT_IS(listing.error(), Error{0});
    KEEL_EXPECT_IS(found, many);
    KEEL_EXPECT(listing.pages() >= 3);
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

void permissions(Verdict &verdict)
{
    Client &store = fresh();
    const auto self = static_cast<uint16_t>(start().domain);
    Permissions wanted = {self, PV_STORE_RIGHT_READ, PV_STORE_GRANTS_MAX, {}};

    for (std::size_t i = 0; i < wanted.grant.size(); i++)
        wanted.grant[i] = {static_cast<uint16_t>(self + 1 + i), static_cast<uint16_t>(i % 4)};
    KEEL_EXPECT_IS(store.mkdir("t"), Error{0});
    KEEL_EXPECT_IS(store.set_permissions("t", wanted), Error{0});
    const auto got = store.permissions("t");
    KEEL_EXPECT_IS(got.error, Error{0});
    KEEL_EXPECT(got.value.owner == self && got.value.others == PV_STORE_RIGHT_READ);
    KEEL_EXPECT_IS(got.value.grants, uint16_t{PV_STORE_GRANTS_MAX});
    for (std::size_t i = 0; i < wanted.grant.size(); i++)
        KEEL_EXPECT(got.value.grant[i].domain == wanted.grant[i].domain &&
                    got.value.grant[i].rights == wanted.grant[i].rights);

    Permissions wrong = {static_cast<uint16_t>(self + 1), 0, 0, {}};
    KEEL_EXPECT_IS(store.set_permissions("t", wrong), Error{PV_EPERM});
    wrong = {self, 0, 2, {{{9, 1}, {9, 2}}}};
    KEEL_EXPECT_IS(store.set_permissions("t", wrong), Error{PV_EINVAL});
    // These would break the protocol, and do not get so far.
    for (const Permissions &bad :
         {Permissions{self, 4, 0, {}}, Permissions{self, 0, PV_STORE_GRANTS_MAX + 1, {}},
          Permissions{self, 0, 1, {{{9, 4}}}}})
        KEEL_EXPECT_IS(store.set_permissions("t", bad), Error{PV_EINVAL});
    KEEL_EXPECT_IS(store.permissions("t/none").error, Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.set_permissions("t/none", wanted), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

// The root, the directory of homes, and the homes of others, there or not.
void not_ours(Verdict &verdict)
{
    Client &store = fresh();
    std::array<char, 64> room{};
    Writer text(room);
    std::string_view name;

    for (std::string_view path :
         {std::string_view("/"), std::string_view("/domain"), std::string_view("/domain/0")}) {
        Listing listing(store, path);
        KEEL_EXPECT_IS(store.read(path, {}).error, Error{PV_EACCES});
        KEEL_EXPECT(!listing.next(name));
        KEEL_EXPECT_IS(listing.error(), Error{PV_EACCES});
        KEEL_EXPECT_IS(store.write(path, "x"), Error{PV_EACCES});
        KEEL_EXPECT_IS(store.permissions(path).error, Error{PV_EACCES});
        KEEL_EXPECT_IS(store.set_permissions(path, {}), Error{PV_EACCES});
    }
    KEEL_EXPECT_IS(store.write("/x", "x"), Error{PV_EACCES});
    KEEL_EXPECT_IS(store.mkdir("/x"), Error{PV_EACCES});
    KEEL_EXPECT_IS(store.mkdir("/domain/x"), Error{PV_EACCES});
    KEEL_EXPECT_IS(store.remove("/domain"), Error{PV_EACCES});
    for (std::string_view rest : {"", "/x"}) {
        const std::string_view path = of_domain(start().domain + 1U, rest, text);
        KEEL_EXPECT_IS(store.read(path, {}).error, Error{PV_EACCES});
        KEEL_EXPECT_IS(store.write(path, "x"), Error{PV_EACCES});
        KEEL_EXPECT_IS(store.mkdir(path), Error{PV_EACCES});
        KEEL_EXPECT_IS(store.remove(path), Error{PV_EACCES});
    }
}

// However much it asks for, a guest gets its quota, and goes on.
void quotas(Verdict &verdict)
{
    Client &store = fresh();
    std::array<char, 64> room{};
    Writer text(room);
    Error error = 0;
    uint32_t made = 0;

    const auto next = [&] {
        text.clear();
        format(text, "t/{}", made);
        return text.text();
    };
    for (; made < 5000 && (error = store.mkdir(next())) == 0; made++)
        ;
    KEEL_EXPECT_IS(error, Error{PV_EDQUOT});
    KEEL_EXPECT(made > 1000 && made < 1024);
    KEEL_EXPECT_IS(store.mkdir("t/0/x"), Error{PV_EDQUOT});
    KEEL_EXPECT_IS(store.write("t/0", "x"), Error{0});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});

    for (made = 0; made < 5000 && (error = store.write(next(), long_name(PV_STORE_VALUE_MAX))) == 0;
         made++)
        ;
    KEEL_EXPECT_IS(error, Error{PV_EDQUOT});
    KEEL_EXPECT(made > 50 && made < 64);
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
    KEEL_EXPECT_IS(store.write("t/0", long_name(PV_STORE_VALUE_MAX)), Error{0});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

// More than the streams hold, both ways: who sends waits for room, and takes replies meanwhile.
void in_flight(Verdict &verdict)
{
    constexpr uint32_t rounds = 4;
    Client &store = fresh();
    std::array<char, PV_STORE_VALUE_MAX> room{};

    KEEL_EXPECT_IS(store.write("t/x", long_name(PV_STORE_VALUE_MAX)), Error{0});
    for (uint32_t round = 0; round < rounds; round++) {
        std::array<Call, 2 * Exchange::calls_max> writes{};
        for (Call &call : writes) {
            Call forgotten(room);
            store.submit(call, Request(PV_STORE_WRITE, "t/x", long_name(PV_STORE_VALUE_MAX)));
            // Nobody waits for this one's answer.
            store.submit(forgotten, Request(PV_STORE_READ, "t/x"));
        }
        for (Call &call : writes) {
            store.finish(call);
            KEEL_EXPECT_IS(call.error(), Error{0});
        }
    }
    const auto value = store.read("t/x", room);
    KEEL_EXPECT(value.good() && value.value == long_name(PV_STORE_VALUE_MAX));

    Call unknown;
    store.submit(unknown, Request(static_cast<pv_store_operation>(15)));
    store.finish(unknown);
    KEEL_EXPECT_IS(unknown.error(), Error{PV_ENOSYS});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

constexpr std::array<Test, 9> tests = {{
    {"store-hello", hello},
    {"store-values", values},
    {"store-bad-paths", bad_paths},
    {"store-directories", directories},
    {"store-big-list", big_list},
    {"store-permissions", permissions},
    {"store-not-ours", not_ours},
    {"store-quotas", quotas},
    {"store-in-flight", in_flight},
}};

} // namespace

std::span<const Test> store_tests()
{
    return tests;
}

} // namespace keel::selftest
