// SPDX-License-Identifier: Apache-2.0
//
// What thread bodies call: each operation finds its location, lets others go first where the order
// matters, acts on the model, and enters the history of its thread.
#include <algorithm>
#include <cstring>

#include "engine.hpp"

namespace paravane::explorer {

namespace {
bool releases(Order order)
{
    return order == Order::release || order == Order::acquire_release || order == Order::seq_cst;
}

const char *name(Order order)
{
    switch (order) {
    case Order::relaxed:
        return "relaxed";
    case Order::acquire:
        return "acquire";
    case Order::release:
        return "release";
    case Order::acquire_release:
        return "acquire-release";
    default:
        return "seq_cst";
    }
}
} // namespace

void Engine::remember(Operation operation, std::uint64_t object, std::uint64_t value)
{
    Digest &history = model_.thread(current_).history;
    history.add(object << 8 | static_cast<std::uint64_t>(operation));
    history.add(value);
}

Engine::Place Engine::word_at(Address at, const char *what)
{
    const Place found = place(at);
    if (found.kind != Kind::word && found.kind != Kind::zeros)
        fail("%s at %s, which is no atomic word", what, name_of(at));
    return found;
}

std::uint32_t Engine::load(Address at, Order order)
{
    const Place found = word_at(at, "atomic load");
    const std::uint8_t word = found.index;
    if (found.kind != Kind::word)
        return 0;
    if (!inside())
        return model_.words.last(word).value;
    const bool acquire = order != Order::relaxed;
    begin(acquire ? Operation::acquire : Operation::load, word);
    const std::uint8_t number = model_.load(current_, word, acquire, options_.prophecy);
    if (number == nobody)
        leave(End::discarded);
    const std::uint32_t value = model_.words.at(word, number).value;
    remember(Operation::load, word, value);
    if (explaining_)
        trace_load(word, number, acquire);
    return value;
}

void Engine::store(Address at, std::uint32_t value, Order order)
{
    const Place found = word_at(at, "atomic store");
    const std::uint8_t word = found.index;
    if (found.kind == Kind::zeros)
        fail("atomic store at %s, which stays zero", name_of(at));
    if (found.kind != Kind::word)
        return;
    if (!inside()) {
        model_.words.set_initial(word, value);
        return;
    }
    begin(Operation::store, word);
    if (model_.words.full(word) || model_.thread(current_).current.epoch[current_] == 0xfe) {
        fail("step bound: too many stores to %s", name_of(at));
        leave(End::discarded);
    }
    const bool stored = model_.store(current_, word, value, releases(order));
    remember(Operation::store, word, value);
    if (explaining_)
        line("store %-8s %s = %#x%s", name(order), name_of(at), value,
             stored ? "" : " (not the one prophesied)");
    if (!stored)
        leave(End::discarded);
    if (violation_[0] != '\0' && model_.open_prophecies() == 0)
        leave(End::violated);
}

void Engine::fence(Order order)
{
    if (!inside())
        return;
    begin(Operation::fence, 0, order);
    if (model_.thread(current_).current.epoch[current_] == 0xfe) {
        fail("step bound: too many fences");
        leave(End::discarded);
    }
    model_.fence(current_, order);
    remember(Operation::fence, 0, static_cast<std::uint64_t>(order));
    if (explaining_)
        line("fence %s", name(order));
}

void Engine::conflict(const Conflict &found, const char *what, Address at)
{
    switch (found.race) {
    case Race::none:
        return;
    case Race::uninitialised:
        fail("uninitialised: %s of %s, never written", what, name_of(at));
        return;
    default:
        fail("data race: %s of %s, with a %s by %s that nothing orders", what, name_of(at),
             found.race == Race::with_read ? "read" : "write", name_of_thread(found.with));
        return;
    }
}

void Engine::copy_out(void *to, Address from, std::uint32_t bytes)
{
    auto *out = static_cast<unsigned char *>(to);
    const View known = inside() ? model_.thread(current_).current : View{};
    std::memset(out, 0, bytes);
    for (std::uint32_t done = 0; done < bytes;) {
        const Place found = place(from + done);
        const std::uint32_t piece = std::min(found.bytes, bytes - done);
        if (found.kind == Kind::unknown || found.kind == Kind::word) {
            fail("plain read of %u bytes at %s, outside plain memory", bytes, name_of(from + done));
            return;
        }
        if (found.kind == Kind::cell) {
            std::uint64_t value = 0;
            const Conflict result = model_.cells.read(found.index, current_, known, value);
            std::memcpy(out + done, &value, piece);
            if (inside())
                remember(Operation::load, 0x1000 + from + done, value);
            conflict(result, "plain read", from + done);
        }
        done += piece;
    }
    if (explaining_ && inside())
        trace_copy("copy-out", from, to, bytes);
}

void Engine::copy_in(Address to, const void *from, std::uint32_t bytes)
{
    const auto *in = static_cast<const unsigned char *>(from);
    const View known = inside() ? model_.thread(current_).current : View{};
    if (explaining_ && inside())
        trace_copy("copy-in", to, from, bytes);
    for (std::uint32_t done = 0; done < bytes;) {
        const Place found = place(to + done);
        std::uint64_t value = 0;
        std::memcpy(&value, in + done, std::min(found.bytes, bytes - done));
        if (found.kind == Kind::cell && found.bytes <= bytes - done) {
            const Conflict result =
                model_.cells.write(found.index, current_, known, value, options_.rewriting);
            if (inside())
                remember(Operation::store, 0x1000 + to + done, value);
            conflict(result, "plain write", to + done);
        } else if (found.kind == Kind::word && !inside()) {
            model_.words.set_initial(found.index, static_cast<std::uint32_t>(value));
        } else if (found.kind != Kind::zeros || inside() || value != 0) {
            fail("plain write of %u bytes at %s, outside plain memory or across a unit of it",
                 bytes, name_of(to + done));
            return;
        }
        done += found.bytes;
    }
}

void Engine::notify(Port port)
{
    begin(Operation::notify, port.number);
    ports_ |= 1U << port.number;
    remember(Operation::notify, port.number, 0);
    if (explaining_)
        line("notify %s", program_.ports()[port.number].c_str());
}

void Engine::wait(Port port)
{
    if (explaining_ && (ports_ >> port.number & 1U) == 0)
        line("sleeps on %s", program_.ports()[port.number].c_str());
    begin(Operation::wait, port.number);
    ports_ &= ~(1U << port.number);
    remember(Operation::wait, port.number, 0);
    if (explaining_)
        line("wakes by %s", program_.ports()[port.number].c_str());
}

bool Engine::poll(Port port)
{
    begin(Operation::poll, port.number);
    const bool pending = (ports_ >> port.number & 1U) != 0;
    remember(Operation::poll, port.number, pending ? 1 : 0);
    if (explaining_)
        line("polls %s: %s", program_.ports()[port.number].c_str(), pending ? "pending" : "clear");
    return pending;
}

void Engine::spin()
{
    begin(Operation::spin);
    const std::uint8_t word = model_.spin(current_);
    remember(Operation::spin, word, 0);
    if (explaining_)
        line("spins until there is news of %s", program_.words()[word].name.c_str());
}

std::uint32_t Engine::choose(std::uint32_t count)
{
    const std::uint32_t chosen = trail_.choose(count);
    remember(Operation::poll, 0x2000, chosen);
    if (explaining_)
        line("chooses %u of %u", chosen, count);
    return chosen;
}

void Engine::settle(std::initializer_list<Bytes> pieces)
{
    count_step(); // so that a loop which asks the explorer for nothing else has an end
    if (!options_.settle)
        return;
    Digest history;
    history.add(current_);
    for (const Bytes &piece : pieces) {
        const auto *data = static_cast<const unsigned char *>(piece.data);
        for (std::size_t done = 0; done < piece.size; done += 8) {
            std::uint64_t word = 0;
            std::memcpy(&word, data + done, std::min<std::size_t>(8, piece.size - done));
            history.add(word);
        }
    }
    model_.thread(current_).history = history;
}

void Engine::check(bool holds, const char *text)
{
    if (!holds)
        fail("check: %s", text);
}

void Engine::note(const char *text)
{
    if (explaining_)
        line("-- %s", text);
}

void Engine::outcome(const std::string &text)
{
    if (std::find(outcomes_->begin(), outcomes_->end(), text) == outcomes_->end())
        outcomes_->push_back(text);
}

} // namespace paravane::explorer
