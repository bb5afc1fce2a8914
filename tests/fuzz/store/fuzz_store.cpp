// SPDX-License-Identifier: Apache-2.0
//
// Two guests of one store that send anything, in pieces of any size, and take their output when they
// like. make_corpus knows this script's bytes.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "input.hpp"
#include "invariants.hpp"

namespace paravane::fuzz {
namespace {

constexpr DomainId victim{5};
constexpr std::array<DomainId, 2> guests = {DomainId{6}, DomainId{7}};
constexpr StoreLimits limits = {.nodes = 16,
                                .bytes = 600,
                                .watches = 4,
                                .transactions = 2,
                                .touched = 24,
                                .pending_bytes = 300,
                                .removed = 8,
                                .events = 3};

constexpr std::array<const char *, 16> paths = {
    "a",           "a/b",       "a/b/c",     "b",
    "/",           "/domain",   "/domain/5", "/domain/5/secret",
    "/domain/6",   "/domain/7", "/shared",   "/shared/a",
    "/shared/a/b", "/shared/b", "",          "a//b"};

class Guests {
  public:
    Guests()
    {
        const StoreCaller host = {host_domain, no_transaction};
        const StorePath shared = path_of("/shared");
        require(store_.introduce(victim).has_value() && store_.introduce(guests[0]).has_value() &&
                    store_.introduce(guests[1]).has_value(),
                "homes are made");
        require(store_.write({victim, no_transaction}, path_of(secret_path), secret).has_value(),
                "the secret is written");
        require(store_.mkdir(host, shared).has_value() &&
                    store_.set_permissions(host, shared, {host_domain, PV_STORE_RIGHTS, {}})
                        .has_value(),
                "a place for all is made");
        connect(0);
        connect(1);
    }

    void run(Input &input)
    {
        while (!input.at_end()) {
            const uint32_t action = input.byte();
            const uint32_t which = action >> 4 & 1;
            act(input, action & 15, which);
            if (sessions_[which]->refused() != PV_STORE_RULE_KEPT) {
                store_refusals[sessions_[which]->refused()]++;
                receive(*sessions_[which], UINT32_MAX);
                connect(which);
            }
        }
        for (const auto &session : sessions_)
            receive(*session, UINT32_MAX);
        check_store(store_, guests);
        sessions_ = {};
        require(store_.statistics().watches == 0, "no watch outlives its session");
        require(store_.statistics().transactions == 0, "no transaction outlives its session");
    }

  private:
    static StorePath path_of(std::string_view text)
    {
        const Answer<StorePath> path = StorePath::parse(text, host_domain);
        require(path.has_value(), "a path of the target's is one");
        return path.value();
    }

    void connect(uint32_t which)
    {
        sessions_[which].reset();
        sessions_[which] = std::make_unique<StoreSession>(store_, guests[which], violations_);
    }

    void act(Input &input, uint32_t action, uint32_t which)
    {
        StoreSession &session = *sessions_[which];
        if (action < 4) {
            feed_raw(input, session);
        } else if (action < 12) {
            feed_request(input, session);
        } else if (action == 12) {
            receive(session, 1 + input.below(4));
        } else if (action == 13) {
            receive(session, UINT32_MAX);
        } else if (action == 14) {
            host_acts(input);
        } else {
            check_store(store_, guests);
        }
    }

    static void feed(StoreSession &session, std::span<const std::byte> bytes)
    {
        const bool refused = session.refused() != PV_STORE_RULE_KEPT;
        const size_t taken = session.consume(bytes);
        require(taken <= bytes.size(), "no more is taken than there is");
        require(!refused || taken == 0, "a refused session takes nothing");
    }

    static void feed_raw(Input &input, StoreSession &session)
    {
        std::vector<std::byte> bytes(input.byte());
        for (std::byte &byte : bytes)
            byte = static_cast<std::byte>(input.byte());
        feed(session, bytes);
    }

    static void feed_request(Input &input, StoreSession &session)
    {
        std::array<std::byte, 512> buffer = {};
        pv_store_encoder encoder = {};
        const uint32_t operation = input.below(PV_STORE_OPERATIONS + 1);
        const uint32_t path = input.below(paths.size());
        const uint32_t transaction = operation >= PV_STORE_READ && operation != PV_STORE_WATCH &&
                                             operation != PV_STORE_UNWATCH &&
                                             operation != PV_STORE_BEGIN
                                         ? input.below(4)
                                         : 0;
        const bool watch = operation == PV_STORE_WATCH || operation == PV_STORE_UNWATCH;

        pv_store_begin(&encoder, buffer.data(), buffer.size(),
                       static_cast<pv_store_operation>(operation), 1, transaction,
                       watch ? input.below(6) : 0);
        if (operation >= PV_STORE_READ && operation <= PV_STORE_WATCH) {
            const std::string_view text = paths[path];
            pv_store_put_string(&encoder, text.data(), static_cast<uint32_t>(text.size()));
        }
        if (operation == PV_STORE_WRITE || operation == PV_STORE_LIST) {
            const std::string text(input.byte() % 200, 'x');
            pv_store_put_string(&encoder, text.data(), static_cast<uint32_t>(text.size()));
        }
        if (operation == PV_STORE_SET_PERMISSIONS) {
            pv_store_permissions permissions = {};
            permissions.owner = pv_le16_of(static_cast<uint16_t>(input.below(8)));
            permissions.others = pv_le16_of(static_cast<uint16_t>(input.below(4)));
            permissions.grants = pv_le16_of(2);
            for (uint32_t i = 0; i < 2; i++)
                permissions.grant[i] = {pv_le16_of(static_cast<uint16_t>(5 + i + input.below(2))),
                                        pv_le16_of(static_cast<uint16_t>(input.below(4)))};
            pv_store_put_bytes(&encoder, &permissions, sizeof(permissions));
        }
        if (operation == PV_STORE_HELLO) {
            pv_store_hello hello = {};
            hello.version = pv_le32_of(input.below(3));
            pv_store_put_bytes(&encoder, &hello, sizeof(hello));
        }
        const uint32_t size = pv_store_finish(&encoder);
        require(size > 0, "a request of the target's fits");
        feed(session, std::span(buffer).first(size));
    }

    void host_acts(Input &input)
    {
        const StoreCaller host = {host_domain, no_transaction};
        const uint32_t what = input.below(4);
        const StorePath path = path_of(input.below(2) == 0 ? "/shared/a" : "/domain/6/a");
        // Refused or not, the store is to keep its word.
        if (what == 0)
            static_cast<void>(store_.write(host, path, {}));
        else if (what == 1)
            static_cast<void>(store_.remove(host, path));
        else if (what == 2)
            store_.forget(guests[input.below(2)], Store::NodesOf::removed);
        else
            store_.forget(guests[input.below(2)], Store::NodesOf::given_to_host);
    }

    Store store_{limits};
    pv_store_violations violations_ = {};
    std::array<std::unique_ptr<StoreSession>, 2> sessions_;
};

} // namespace
} // namespace paravane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    paravane::fuzz::Input input(data, size);
    paravane::fuzz::Guests().run(input);
    return 0;
}
