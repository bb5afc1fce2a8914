// SPDX-License-Identifier: Apache-2.0
//
// Random calls of several domains, on the store and on the model: the same answers, the same nodes, the
// same events, the same usage. And random transactions at once: what one sees is the store at its
// beginning, and if it commits, it is as if all of it had happened at its end.
#include <array>
#include <cstdio>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "fixture.hpp"
#include "model.hpp"

namespace paravane::store_test {
namespace {

constexpr std::array<DomainId, 4> domains = {host, alice, bob, carol};

class Random {
  public:
    explicit Random(uint64_t seed) : engine_(seed) {}

    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(engine_() % limit); }
    bool one_in(uint32_t count) { return below(count) == 0; }

    Call call()
    {
        using What = Call::What;
        static constexpr std::array<What, 12> kinds = {
            What::read, What::read,  What::write, What::write,       What::write, What::write,
            What::list, What::mkdir, What::rm,    What::permissions, What::grant, What::grant};
        Call call;
        call.what = kinds[below(kinds.size())];
        call.who = domains[below(domains.size())];
        call.path = path();
        if (call.what == What::write)
            call.text = std::string(below(30), static_cast<char>('a' + below(26)));
        if (call.what == What::list && one_in(2))
            call.text = name();
        if (call.what == What::grant)
            call.permissions = permissions(call.who);
        return call;
    }

  private:
    std::string name()
    {
        static constexpr std::array<const char *, 6> names = {"a", "b", "a-", "a0", "c", "ab"};
        return names[below(names.size())];
    }
    std::string path()
    {
        if (one_in(40))
            return one_in(2) ? "/" : "/domain";
        // Mostly in somebody's home, and where all may write.
        std::string path = one_in(4) ? "/shared" : "/domain/" + std::to_string(5 + below(3));
        for (uint32_t depth = below(4); depth > 0; depth--)
            path += "/" + name();
        return path;
    }
    StorePermissions permissions(DomainId who)
    {
        StorePermissions made = {one_in(5) ? domains[below(domains.size())] : who,
                                 static_cast<Rights>(one_in(2) ? 0 : below(4)),
                                 {}};
        for (const DomainId domain : {alice, bob, carol})
            if (one_in(2))
                made.grants.push_back({domain, static_cast<Rights>(below(4))});
        return made;
    }

    std::mt19937_64 engine_;
};

// The store and the model, begun alike.
struct Pair {
    explicit Pair(const StoreLimits &limits) : store(limits), model(limits)
    {
        for (const DomainId domain : {alice, bob, carol}) {
            EXPECT_EQ(error_of(store.introduce(domain)), 0);
            model.introduce(domain);
        }
        both({Call::What::mkdir, host, "/shared", {}, {}});
        both({Call::What::grant, host, "/shared", {}, {host, read_write, {}}});
    }
    void both(const Call &call) { EXPECT_EQ(apply(store, call), model.apply(call)); }

    Store store;
    Model model;
};

// The nodes that are not the same in both.
std::string difference(const Pair &pair)
{
    std::string text;
    const NodeTexts ours = nodes_of(pair.store);
    const NodeTexts theirs = pair.model.nodes();
    for (const auto &[path, node] : ours)
        if (!theirs.contains(path) || theirs.at(path) != node)
            text += "store: " + path + " " + node + "\n";
    for (const auto &[path, node] : theirs)
        if (!ours.contains(path) || ours.at(path) != node)
            text += "model: " + path + " " + node + "\n";
    return text;
}

std::string described(const Call &call)
{
    return "call " + std::to_string(static_cast<int>(call.what)) + " by " +
           std::to_string(call.who.value) + " of " + call.path + " with '" + call.text + "'";
}

void check_calls(uint64_t seed, int calls)
{
    SCOPED_TRACE("seed " + std::to_string(seed));
    const StoreLimits limits = {.nodes = 12, .bytes = 150, .removed = 6};
    Pair pair(limits);
    Random random(seed);
    Told told;
    uint64_t cookie = 0;
    int refused = 0;
    for (const char *at :
         {"/", "/domain/5", "/domain/5/a", "/domain/6/a/b", "/shared", "/shared/c"})
        for (const DomainId who : domains) {
            ASSERT_TRUE(pair.store.watch(who, path(at), ++cookie, told).has_value());
            pair.model.watch(who, at, cookie);
        }
    told.events.clear();
    for (int i = 0; i < calls; i++) {
        const Call call = random.call();
        const std::string expected = pair.model.apply(call);
        ASSERT_EQ(apply(pair.store, call), expected) << described(call) << ", number " << i;
        refused += expected.starts_with("error") ? 1 : 0;
        std::map<std::pair<uint64_t, std::string>, int> events;
        for (const auto &event : told.take())
            events[event]++;
        ASSERT_EQ(events, pair.model.take_told()) << described(call) << ", number " << i;
        if (i % 16 != 0)
            continue;
        ASSERT_EQ(difference(pair), "");
        for (const DomainId domain : domains) {
            ASSERT_EQ(pair.store.usage(domain).nodes, pair.model.usage(domain).nodes);
            ASSERT_EQ(pair.store.usage(domain).bytes, pair.model.usage(domain).bytes);
        }
    }
    EXPECT_GT(refused, calls / 20);
    EXPECT_LT(refused, calls * 19 / 20);
}

struct Open {
    TransactionId id = 0;
    DomainId who;
    Moment begun = 0;
    Model seen; // the store at the beginning, with what the transaction did
    std::vector<std::pair<Call, std::string>> done;
    bool over = false;
};

struct Counts {
    int committed = 0;
    int refused = 0;
};

// One call in the transaction, against what it is to see.
void step(Pair &pair, Open &open, Call call)
{
    call.who = open.who;
    const std::string answer = apply(pair.store, call, open.id);
    if (answer == "error 11") {
        EXPECT_GT(pair.store.statistics().now, open.begun) << "a conflict with nobody";
        open.over = true;
        return;
    }
    // What is refused whatever the store holds still is.
    ASSERT_TRUE(!open.over || answer == "error 22") << "went on after a conflict";
    ASSERT_EQ(answer, open.seen.apply(call)) << described(call);
    open.done.emplace_back(call, answer);
}

void finish(Pair &pair, Open &open, Counts &counts)
{
    const Answer<void> committed = pair.store.commit(open.who, open.id);
    if (!committed) {
        ASSERT_EQ(committed.error(), Refusal{PV_EAGAIN});
        ASSERT_GT(pair.store.statistics().now, open.begun) << "a conflict with nobody";
        counts.refused++;
        return;
    }
    ASSERT_FALSE(open.over);
    for (const auto &[call, answer] : open.done)
        ASSERT_EQ(pair.model.apply(call), answer) << "not as at the end: " << described(call);
    ASSERT_EQ(difference(pair), "");
    counts.committed++;
}

void check_transactions(uint64_t seed, int steps)
{
    SCOPED_TRACE("seed " + std::to_string(seed));
    // No limit is ever reached: a transaction is held to its quota at its end, its replay at each call.
    const StoreLimits limits = {
        .nodes = 100000, .bytes = 1 << 30, .touched = 100000, .removed = 100000};
    Pair pair(limits);
    Random random(seed);
    std::vector<Open> open;
    Counts counts;
    for (int i = 0; i < steps && !testing::Test::HasFatalFailure(); i++) {
        const uint32_t what = random.below(16);
        if (what == 0 && open.size() < 4) {
            const DomainId who = domains[random.below(domains.size())];
            const Answer<TransactionId> id = pair.store.begin(who);
            ASSERT_TRUE(id.has_value());
            open.push_back({*id, who, pair.store.statistics().now, pair.model, {}, false});
        } else if (what <= 2) {
            pair.both(random.call());
        } else if (what == 3 && !open.empty()) {
            const size_t which = random.below(static_cast<uint32_t>(open.size()));
            finish(pair, open[which], counts);
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
        } else if (!open.empty()) {
            step(pair, open[random.below(static_cast<uint32_t>(open.size()))], random.call());
        }
        pair.model.take_told();
    }
    EXPECT_EQ(difference(pair), "");
    EXPECT_GT(counts.committed, steps / 100);
    EXPECT_GT(counts.refused, steps / 200);
    std::printf("seed %llu: %d committed, %d refused\n", static_cast<unsigned long long>(seed),
                counts.committed, counts.refused);
}

uint64_t random_seed()
{
    std::random_device device;
    const uint64_t seed = uint64_t{device()} << 32 | device();
    std::printf("random seed %llu\n", static_cast<unsigned long long>(seed));
    return seed;
}

TEST(StoreModel, CallsWithAFixedSeed)
{
    check_calls(1, 8000);
}

TEST(StoreModel, CallsWithARandomSeed)
{
    check_calls(random_seed(), 8000);
}

TEST(StoreModel, TransactionsWithAFixedSeed)
{
    check_transactions(1, 12000);
}

TEST(StoreModel, TransactionsWithARandomSeed)
{
    check_transactions(random_seed(), 12000);
}

} // namespace
} // namespace paravane::store_test
