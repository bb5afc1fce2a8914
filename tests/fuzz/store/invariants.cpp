// SPDX-License-Identifier: Apache-2.0
#include "invariants.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace paravane::fuzz {

std::array<uint64_t, PV_STORE_RULES> store_refusals = {};
uint64_t store_answers = 0;

void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

void check_store(const Store &store, std::span<const DomainId> guests)
{
    std::map<DomainId, StoreUsage> counted;
    size_t nodes = 0;
    bool found = false;
    std::string last;

    store.visit([&](const StoreEntry &entry) {
        const Answer<StorePath> parsed = StorePath::parse(entry.path, host_domain);
        require(parsed.has_value(), "a node's path is one");
        const StorePath &path = parsed.value();
        require(entry.value.size() <= PV_STORE_VALUE_MAX, "a value is short enough");
        require(entry.permissions.grants.size() <= PV_STORE_GRANTS_MAX, "grants are few enough");
        StoreUsage &usage = counted[entry.permissions.owner];
        usage.nodes++;
        usage.bytes += entry.value.size();
        if (path.depth() > 0)
            usage.bytes += path.component(path.depth() - 1).size();
        found = found || (entry.path == secret_path && entry.value == secret);
        nodes++;
    });
    require(found, "the secret is where it was");
    require(nodes == store.statistics().nodes, "the nodes are counted");
    for (const DomainId guest : guests) {
        const StoreUsage usage = store.usage(guest);
        const StoreLimits &limits = store.limits();
        require(usage.nodes == counted[guest].nodes, "an owner's nodes are counted");
        require(usage.bytes == counted[guest].bytes, "an owner's bytes are counted");
        require(usage.nodes <= limits.nodes, "a guest's nodes are within its quota");
        require(usage.bytes <= limits.bytes, "a guest's bytes are within its quota");
        require(usage.watches <= limits.watches, "a guest's watches are within its quota");
        require(usage.transactions <= limits.transactions, "a guest's transactions are, too");
    }
}

void receive(StoreSession &session, uint32_t most)
{
    for (uint32_t i = 0; i < most; i++) {
        const std::span<const std::byte> output = session.pending_output();
        require(output.size() <= Outbox::limit, "output is bounded");
        if (output.empty())
            return;
        pv_store_decoder decoder = {reinterpret_cast<const unsigned char *>(output.data()),
                                    output.size()};
        pv_store_reply head = {};
        pv_store_answer answer = {};
        require(pv_store_get_bytes(&decoder, &head, sizeof(head)), "a head is whole");
        require(pv_store_reply_check(&head, &answer) == PV_STORE_RULE_KEPT, "a client accepts it");
        require(answer.length <= decoder.left, "a payload is whole");
        const std::string_view text(reinterpret_cast<const char *>(output.data()), output.size());
        require(text.find(secret) == std::string_view::npos, "the secret is kept");
        store_answers += answer.kind == PV_STORE_REPLY ? 1 : 0;
        session.drain(sizeof(head) + answer.length);
    }
}

} // namespace paravane::fuzz
