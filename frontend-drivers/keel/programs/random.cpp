// SPDX-License-Identifier: Apache-2.0
//
// Makes hypercalls that mean nothing, for as long as it is told, and then sees whether all still works.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/grants.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/random_call.hpp"

namespace keel::program {

namespace {

constexpr uint32_t scratch_order = 4;
constexpr uint64_t rounds_max = uint64_t{1} << 40;
constexpr uint64_t patience = 5 * clock::second;

// The kernel's ports are among those that were closed, and its deadline was forgotten.
bool works_again()
{
    uint32_t counter = 0;

    events::reset();
    this_vcpu().timer_set = 0;
    const auto bound = events::bind_ipi(
        this_vcpu().id, {[](void *of) { ++*static_cast<uint32_t *>(of); }, &counter});
    if (!bound.good() || hypercall::send(bound.port) != 0)
        return false;
    if (!event_loop::run_until([&] { return counter == 1; }, clock::now() + patience))
        return false;
    const uint64_t until = clock::now() + clock::millisecond;
    event_loop::sleep_until(until);
    return clock::now() >= until && events::close(bound.port) == 0;
}

} // namespace

uint32_t random(Words arguments)
{
    uint64_t rounds = 0;
    uint64_t seed = 0;

    if (arguments.size() != 2 || !parse_number(arguments[0], rounds_max, rounds) ||
        !parse_number(arguments[1], UINT64_MAX, seed)) {
        print("random: give it the number of rounds and a seed, both decimal");
        return status_wrong_usage;
    }
    void *scratch = pages().allocate(scratch_order);
    if (scratch == nullptr) {
        print("random: no memory");
        return 1;
    }
    RandomCalls calls(seed,
                      {static_cast<std::byte *>(scratch), PageAllocator::page << scratch_order});
    // The first entries: all of the scratch block, for the guest itself.
    const uint64_t scratch_pages = uint64_t{1} << scratch_order;
    const auto domain = static_cast<uint16_t>(start().domain);
    const std::array granted = {
        grants::grant(guest_address_of(scratch), scratch_pages, domain, Access::read),
        grants::grant(guest_address_of(scratch), scratch_pages, domain, Access::write)};
    uint64_t refused = 0;

    for (uint64_t round = 0; round < rounds; round++) {
        const RandomCall call = calls.next();
        refused += hypercall::raw(call.number, call.arguments) < 0 ? 1U : 0U;
    }
    bool works = works_again();
    for (const GrantRef grant : granted)
        works = works && (!grant.good() || grants::revoke(grant, clock::millisecond) == 0);
    print("@pv test random-{} {}", seed, works ? "pass" : "fail nothing works any more");
    print("random: {} calls, of which {} were refused", rounds, refused);
    print("@pv tests 1 {}", works ? 0 : 1);
    return works ? 0 : 1;
}

} // namespace keel::program
