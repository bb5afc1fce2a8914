// SPDX-License-Identifier: Apache-2.0
//
// The store's transactions and watches. All is done beneath `t` in the guest's home.
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/store/client.hpp"
#include "frontend-drivers/store/listing.hpp"
#include "frontend-drivers/store/transact.hpp"

namespace keel::selftest {

namespace {

using namespace keel::store;

constexpr uint64_t patience = 10 * clock::second;

Client &fresh()
{
    client().listen();
    (void)client().remove("t");
    return client();
}

bool holds(std::string_view path, std::string_view value, Transaction transaction = {})
{
    std::array<char, 64> room{};
    const auto is = client().read(path, room, transaction);

    return is.good() && is.value == value;
}

void commit_and_abort(Verdict &verdict)
{
    Client &store = fresh();

    KEEL_EXPECT_IS(store.write("t/x", "before"), Error{0});
    const auto first = store.begin();
    KEEL_EXPECT_IS(first.error, Error{0});
    KEEL_EXPECT_IS(store.write("t/x", "after", first.value), Error{0});
    KEEL_EXPECT_IS(store.mkdir("t/y", first.value), Error{0});
    KEEL_EXPECT(holds("t/x", "after", first.value) && holds("t/x", "before"));
    KEEL_EXPECT_IS(store.commit(first.value), Error{0});
    KEEL_EXPECT(holds("t/x", "after") && holds("t/y", ""));
    // It is gone.
    KEEL_EXPECT_IS(store.commit(first.value), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.abort(first.value), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.write("t/x", "late", first.value), Error{PV_ENOENT});

    const auto second = store.begin();
    KEEL_EXPECT_IS(second.error, Error{0});
    KEEL_EXPECT_IS(store.remove("t", second.value), Error{0});
    KEEL_EXPECT_IS(store.abort(second.value), Error{0});
    KEEL_EXPECT(holds("t/x", "after"));
    KEEL_EXPECT_IS(store.commit({UINT32_MAX}), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

void conflict(Verdict &verdict)
{
    Client &store = fresh();

    KEEL_EXPECT_IS(store.write("t/x", "0"), Error{0});
    const auto first = store.begin();
    const auto second = store.begin();
    KEEL_EXPECT(first.good() && second.good() && first.value.id != second.value.id);
    KEEL_EXPECT(holds("t/x", "0", first.value) && holds("t/x", "0", second.value));
    KEEL_EXPECT_IS(store.write("t/x", "1", first.value), Error{0});
    KEEL_EXPECT_IS(store.write("t/x", "2", second.value), Error{0});
    KEEL_EXPECT_IS(store.commit(first.value), Error{0});
    KEEL_EXPECT_IS(store.commit(second.value), Error{PV_EAGAIN});
    KEEL_EXPECT(holds("t/x", "1"));
    KEEL_EXPECT_IS(store.commit(second.value), Error{PV_ENOENT});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

void retries(Verdict &verdict)
{
    Client &store = fresh();
    uint32_t tries = 0;

    KEEL_EXPECT_IS(store.write("t/x", "0"), Error{0});
    // Somebody comes between, twice.
    Error error = transact(store, [&](Transaction transaction) {
        std::array<char, 8> room{};
        const Error before = store.read("t/x", room, transaction).error;
        if (++tries < 3 && store.write("t/x", "other") != 0)
            return Error{PV_EINVAL};
        return before != 0 ? before : store.write("t/x", "ours", transaction);
    });
    KEEL_EXPECT_IS(error, Error{0});
    KEEL_EXPECT_IS(tries, uint32_t{3});
    KEEL_EXPECT(holds("t/x", "ours"));

    // Always: it gives up, and nothing is left open.
    for (uint32_t i = 0; i < 10; i++) {
        tries = 0;
        error = transact(
            store,
            [&](Transaction transaction) {
                tries++;
                const Error written = store.write("t/x", "mine", transaction);
                return written != 0 ? written : store.write("t/x", "theirs");
            },
            5);
        KEEL_EXPECT_IS(error, Error{PV_EAGAIN});
        KEEL_EXPECT_IS(tries, uint32_t{5});
    }
    error =
        transact(store, [&](Transaction transaction) { return store.mkdir("t/x", transaction); });
    KEEL_EXPECT_IS(error, Error{PV_EEXIST});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

void transaction_quota(Verdict &verdict)
{
    constexpr std::size_t most = 8;
    Client &store = fresh();
    std::array<Transaction, most> open{};

    for (Transaction &transaction : open) {
        const auto begun = store.begin();
        KEEL_EXPECT_IS(begun.error, Error{0});
        transaction = begun.value;
    }
    KEEL_EXPECT_IS(store.begin().error, Error{PV_EDQUOT});
    for (Transaction transaction : open)
        KEEL_EXPECT_IS(store.abort(transaction), Error{0});
    const auto again = store.begin();
    KEEL_EXPECT_IS(again.error, Error{0});
    KEEL_EXPECT_IS(store.abort(again.value), Error{0});
}

// What a callback has seen, and what it does about it.
struct Seen {
    uint32_t count = 0;
    bool lost = false;
    std::array<char, 64> room{};
    Writer path{room};
    bool reads = false;
    Error error = 0; // of the read

    static void note(void *context, const Change &change)
    {
        Seen &seen = *static_cast<Seen *>(context);
        seen.count++;
        seen.lost = seen.lost || change.lost;
        seen.path.clear();
        seen.path.put(change.path);
        if (seen.reads) {
            std::array<char, 64> value{};
            seen.error = client().read(change.path, value).error;
        }
    }

    [[nodiscard]] bool comes(uint32_t wanted) const
    {
        return event_loop::run_until([&] { return count >= wanted; }, clock::now() + patience);
    }
};

void watch_fires(Verdict &verdict)
{
    Client &store = fresh();
    Seen seen;
    Watch watch(Seen::note, &seen);
    std::array<char, 64> room{};
    Writer path(room);

    KEEL_EXPECT_IS(store.watch(watch, "t"), Error{0});
    KEEL_EXPECT_IS(store.watch(watch, "t"), Error{PV_EEXIST});
    KEEL_EXPECT(seen.comes(1));
    KEEL_EXPECT_IS(seen.path.text(), std::string_view("t"));
    for (uint32_t i = 0; i < 20; i++) {
        const uint32_t before = seen.count;
        path.clear();
        format(path, "t/a/{}", i);
        KEEL_EXPECT_IS(store.write(path.text(), "x"), Error{0});
        KEEL_EXPECT(seen.comes(before + 1));
        KEEL_EXPECT_IS(seen.path.text(), path.text());
    }
    const uint32_t before = seen.count;
    KEEL_EXPECT_IS(store.write("elsewhere", "x"), Error{0});
    KEEL_EXPECT_IS(store.remove("elsewhere"), Error{0});
    KEEL_EXPECT_IS(store.remove("t/a"), Error{0});
    KEEL_EXPECT(seen.comes(before + 1));
    KEEL_EXPECT_IS(seen.count, before + 1);
    KEEL_EXPECT_IS(seen.path.text(), std::string_view("t/a"));

    KEEL_EXPECT_IS(store.unwatch(watch), Error{0});
    KEEL_EXPECT_IS(store.unwatch(watch), Error{PV_ENOENT});
    const uint32_t last = seen.count;
    KEEL_EXPECT_IS(store.write("t/b", "x"), Error{0});
    KEEL_EXPECT(holds("t/b", "x"));
    KEEL_EXPECT_IS(seen.count, last);
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

// A callback makes calls of its own while other calls wait and more events come than are kept.
void watch_in_callback(Verdict &verdict)
{
    Client &store = fresh();
    Seen all;
    Watch on_all(Seen::note, &all);
    std::array<Call, 60> calls{};
    std::array<char, 64> room{};
    Writer path(room);

    all.reads = true;
    KEEL_EXPECT_IS(store.mkdir("t"), Error{0});
    KEEL_EXPECT_IS(store.watch(on_all, "t"), Error{0});
    KEEL_EXPECT(all.comes(1));
    for (uint32_t i = 0; i < calls.size(); i++) {
        path.clear();
        format(path, "t/{}", i);
        store.submit(calls[i], Request(PV_STORE_WRITE, path.text(), "x"));
    }
    for (Call &call : calls) {
        store.finish(call);
        KEEL_EXPECT_IS(call.error(), Error{0});
    }
    // Each was told of, or that some were lost; both are answers.
    KEEL_EXPECT(event_loop::run_until([&] { return all.lost || all.count > calls.size(); },
                                      clock::now() + patience));
    KEEL_EXPECT(all.lost || all.error == 0);
    KEEL_EXPECT_IS(store.unwatch(on_all), Error{0});
    KEEL_EXPECT(store.ended().empty());
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

// One that ends its own watch.
struct Once {
    uint32_t count = 0;
    Watch watch{[](void *context, const Change &) {
                    Once &once = *static_cast<Once *>(context);
                    once.count++;
                    (void)client().unwatch(once.watch);
                },
                this};
};

void unwatch_in_callback(Verdict &verdict)
{
    Client &store = fresh();
    Once once;

    KEEL_EXPECT_IS(store.watch(once.watch, "t"), Error{0});
    KEEL_EXPECT(event_loop::run_until([&] { return once.count > 0; }, clock::now() + patience));
    KEEL_EXPECT_IS(store.write("t", "x"), Error{0});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
    KEEL_EXPECT_IS(once.count, uint32_t{1});
    KEEL_EXPECT_IS(store.unwatch(once.watch), Error{PV_ENOENT});
}

void watch_quota(Verdict &verdict)
{
    struct Plain {
        Watch watch{[](void *, const Change &) {}, nullptr};
    };
    constexpr std::size_t most = 128;
    Client &store = fresh();
    std::array<Plain, most + 1> watches{};

    for (std::size_t i = 0; i < most; i++)
        KEEL_EXPECT_IS(store.watch(watches[i].watch, "t"), Error{0});
    KEEL_EXPECT_IS(store.watch(watches[most].watch, "t"), Error{PV_EDQUOT});
    KEEL_EXPECT_IS(store.write("t", "x"), Error{0});
    for (std::size_t i = 0; i < most; i++)
        KEEL_EXPECT_IS(store.unwatch(watches[i].watch), Error{0});
    KEEL_EXPECT_IS(store.remove("t"), Error{0});
}

constexpr std::array<Test, 8> tests = {{
    {"store-transaction", commit_and_abort},
    {"store-conflict", conflict},
    {"store-retries", retries},
    {"store-transaction-quota", transaction_quota},
    {"store-watch", watch_fires},
    {"store-watch-in-callback", watch_in_callback},
    {"store-unwatch-in-callback", unwatch_in_callback},
    {"store-watch-quota", watch_quota},
}};

} // namespace

std::span<const Test> store_change_tests()
{
    return tests;
}

} // namespace keel::selftest
