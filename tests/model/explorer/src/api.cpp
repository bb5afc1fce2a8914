// SPDX-License-Identifier: Apache-2.0
//
// The two faces of the engine: the C++ functions of explorer.hpp and the C access policy.
#include "engine.hpp"

// As in paravane/shared.h, which the library does without: it is compiled once, and then linked with
// scenarios built against the ring headers and against every mutant of them.
struct pv_shared {
    uintptr_t address;
};

#include "explorer/access.h"

namespace paravane::explorer {

Address Program::word(std::string name, std::uint32_t initial)
{
    const Address at = arena_base + next_;
    next_ += 8;
    word_at(at, std::move(name), initial);
    return at;
}

void Program::word_at(Address at, std::string name, std::uint32_t initial)
{
    words_.push_back({at, std::move(name), initial});
}

Address Program::plain(std::string name, std::uint32_t bytes)
{
    const Address at = arena_base + next_;
    next_ += (Address{bytes} + 7) / 8 * 8;
    plain_at(at, bytes, std::move(name));
    return at;
}

void Program::plain_at(Address at, std::uint32_t bytes, std::string name, std::uint32_t granule)
{
    ranges_.push_back({at, bytes, granule, std::move(name)});
}

void Program::zeros_at(Address at, std::uint32_t bytes, std::string name)
{
    zeros_.push_back({at, bytes, 4, std::move(name)});
}

Port Program::port(std::string name)
{
    ports_.push_back(std::move(name));
    return {static_cast<std::uint8_t>(ports_.size() - 1)};
}

void Program::thread(std::string name, std::function<void()> run)
{
    threads_.push_back({std::move(name), std::move(run)});
}

std::uint32_t load(Address at, Order order)
{
    return Engine::active().load(at, order);
}
void store(Address at, std::uint32_t value, Order order)
{
    Engine::active().store(at, value, order);
}
void fence(Order order)
{
    Engine::active().fence(order);
}
std::uint64_t read_plain(Address at)
{
    std::uint64_t value = 0;
    Engine::active().copy_out(&value, at, sizeof value);
    return value;
}
void write_plain(Address at, std::uint64_t value)
{
    Engine::active().copy_in(at, &value, sizeof value);
}
void notify(Port port)
{
    Engine::active().notify(port);
}
void wait(Port port)
{
    Engine::active().wait(port);
}
bool poll(Port port)
{
    return Engine::active().poll(port);
}
void spin()
{
    Engine::active().spin();
}
std::uint32_t choose(std::uint32_t count)
{
    return Engine::active().choose(count);
}
void settle(std::initializer_list<Bytes> pieces)
{
    Engine::active().settle(pieces);
}
bool certain()
{
    return Engine::active().certain();
}
void check(bool holds, const char *text)
{
    Engine::active().check(holds, text);
}
void note(const char *text)
{
    Engine::active().note(text);
}
void outcome(const std::string &text)
{
    Engine::active().outcome(text);
}

} // namespace paravane::explorer

using paravane::explorer::Engine;
using paravane::explorer::Order;

extern "C" {

uint32_t pv_shared_load_relaxed(struct pv_shared at)
{
    return Engine::active().load(at.address, Order::relaxed);
}

uint32_t pv_shared_load_acquire(struct pv_shared at)
{
    return Engine::active().load(at.address, Order::acquire);
}

void pv_shared_store_relaxed(struct pv_shared at, uint32_t value)
{
    Engine::active().store(at.address, value, Order::relaxed);
}

void pv_shared_store_release(struct pv_shared at, uint32_t value)
{
    Engine::active().store(at.address, value, Order::release);
}

void pv_shared_fence(void)
{
    Engine::active().fence(Order::seq_cst);
}

void pv_shared_copy_out(void *to, struct pv_shared from, uint32_t bytes)
{
    Engine::active().copy_out(to, from.address, bytes);
}

void pv_shared_copy_in(struct pv_shared to, const void *from, uint32_t bytes)
{
    Engine::active().copy_in(to.address, from, bytes);
}

} // extern "C"
