// SPDX-License-Identifier: Apache-2.0
#include "store/operations.hpp"

#include <array>
#include <map>

namespace paravane::bench {
namespace {

using Act = std::function<bool(const Leaf &)>;

Act reads(Population &in)
{
    return [&in](const Leaf &leaf) { return in.store.read({leaf.owner}, leaf.path).has_value(); };
}

Act writes(Population &in)
{
    // Values of two lengths by turns, so that accounting has something to do.
    return [&in, turn = 0U](const Leaf &leaf) mutable {
        static constexpr std::array<std::string_view, 2> values = {"connected", "closing"};
        return in.store.write({leaf.owner}, leaf.path, values[turn++ % 2]).has_value();
    };
}

Act lists(Population &in)
{
    return [&in](const Leaf &leaf) {
        size_t names = 0;
        const Answer<void> done = in.store.list({leaf.owner}, leaf.directory, {},
                                                [&](std::string_view) { return ++names > 0; });
        return done.has_value() && names > 0;
    };
}

Act makes_and_removes(Population &in)
{
    struct Made {
        std::map<std::string, StorePath> beside; // by directory
    };
    auto made = std::make_shared<Made>();
    for (const std::vector<Leaf> *leaves : {&in.in_use, &in.any})
        for (const Leaf &leaf : *leaves)
            if (const auto path = StorePath::parse(leaf.directory.text() + "/new", leaf.owner))
                made->beside.emplace(leaf.path.text(), *path);
    return [&in, made](const Leaf &leaf) {
        const StorePath &path = made->beside.at(leaf.path.text());
        return in.store.mkdir({leaf.owner}, path).has_value() &&
               in.store.remove({leaf.owner}, path).has_value();
    };
}

Act transactions(Population &in)
{
    return [&in](const Leaf &leaf) {
        const Answer<TransactionId> id = in.store.begin(leaf.owner);
        return id.has_value() && in.store.read({leaf.owner, *id}, leaf.path).has_value() &&
               in.store.write({leaf.owner, *id}, leaf.path, "closing").has_value() &&
               in.store.commit(leaf.owner, *id).has_value();
    };
}

// Watched only while it is measured; the writer's own watch above everything is told too.
Act fires(Population &in)
{
    return [&in](const Leaf &leaf) {
        const Answer<WatchId> id = in.store.watch(leaf.owner, leaf.path, 1, in.sink);
        const uint64_t before = in.sink.told;
        const bool done = in.store.write({leaf.owner}, leaf.path, "closing").has_value();
        if (id.has_value())
            in.store.unwatch(*id);
        return done && in.sink.told >= before + 2;
    };
}

// The protocol's bytes of a read, in and out, by the host's session.
Act session_reads(Population &in)
{
    struct Held {
        explicit Held(Store &store) : session(store, host_domain, violations) {}
        pv_store_violations violations = {};
        StoreSession session;
    };
    auto held = std::make_shared<Held>(in.store);
    return [held](const Leaf &leaf) {
        std::array<std::byte, 256> buffer = {};
        pv_store_encoder encoder = {};
        pv_store_begin(&encoder, buffer.data(), buffer.size(), PV_STORE_READ, 1, 0, 0);
        pv_store_put_string(&encoder, leaf.path.text().data(),
                            static_cast<uint32_t>(leaf.path.text().size()));
        const uint32_t size = pv_store_finish(&encoder);
        const bool taken = held->session.consume(std::span(buffer).first(size)) == size;
        const size_t output = held->session.pending_output().size();
        held->session.drain(output);
        return taken && output > sizeof(pv_store_reply);
    };
}

} // namespace

const std::vector<Operation> &store_operations()
{
    static const std::vector<Operation> operations = {
        {"read", reads},
        {"write", writes},
        {"list a directory of 10", lists},
        {"mkdir and rm", makes_and_removes},
        {"transaction: begin, read, write, commit", transactions},
        {"watch, write that fires it, unwatch", fires},
        {"read through a session", session_reads},
    };
    return operations;
}

} // namespace paravane::bench
