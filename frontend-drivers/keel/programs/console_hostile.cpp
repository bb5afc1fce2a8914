// SPDX-License-Identifier: Apache-2.0
//
// Writes to the console's rings what its backend would write if it broke a rule, and sees that the
// frontend leaves that backend, connects again, and has lost nothing of what it had to say.
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/programs/terminal.hpp"
#include "frontend-drivers/store/client.hpp"

#include <paravane/grant.h>

namespace keel::program {

namespace {

constexpr uint32_t before = 60'000; // bytes that are delivered
constexpr uint32_t after = 40'000;  // and those that the hostile backend is not to keep

struct Way {
    std::string_view name;
    uint32_t ring;
    std::size_t offset;
    uint32_t value;
};

constexpr std::array<Way, 5> ways = {{
    {"past", PV_CONSOLE_OUTPUT, offsetof(pv_ring_control, consumer.index), before + after + 1},
    {"back", PV_CONSOLE_OUTPUT, offsetof(pv_ring_control, consumer.index), UINT32_MAX},
    {"state", PV_CONSOLE_OUTPUT, offsetof(pv_ring_control, consumer.state), PV_RING_CLOSED + 1},
    {"closed", PV_CONSOLE_INPUT, offsetof(pv_ring_control, producer.state), PV_RING_CLOSED},
    {"input", PV_CONSOLE_INPUT, offsetof(pv_ring_control, producer.index),
     console::Input::ring_bytes + 1},
}};

// By what the store and the grant table say of it, as a backend finds it.
bool find_ring(uint32_t number, pv_shared &ring)
{
    device::Directory own;
    std::array<char, PV_DEVICE_VALUE_MAX> room{};
    uint64_t grant = 0;
    uint64_t offset = 0;

    own.set_own("console", 0);
    const auto value = store::client().read(own.key(PV_DEVICE_RING, number), room);
    const char *at = value.value.data();
    std::size_t left = value.value.size();
    if (!value.good() || !pv_device_take_number(&at, &left, &grant) ||
        !pv_device_take_number(&at, &left, &offset) || grant >= PV_GRANT_ENTRIES)
        return false;
    pv_grant_entry entry = {};
    pv_shared_copy_out(
        &entry,
        pv_shared_at(shared_at(start().grant_table), static_cast<uint32_t>(grant * sizeof(entry))),
        sizeof(entry));
    ring = pv_shared_at(shared_at({pv_le64_get(entry.first_frame) * PV_PAGE_SIZE}),
                        static_cast<uint32_t>(offset));
    return true;
}

uint32_t be_hostile(const Way &way)
{
    constexpr uint64_t patience = 20 * clock::second;
    Terminal terminal;
    const device::Device &device = terminal.console().device();
    pv_shared ring = {0};

    // At rest, so that the backend does not write its own index over that.
    if (!terminal.begin("console-hostile") || !terminal.put_pattern(before) || !terminal.flush() ||
        !find_ring(way.ring, ring))
        return 1;
    pv_shared_store_release(pv_shared_at(ring, static_cast<uint32_t>(way.offset)), way.value);
    (void)terminal.put_pattern(after, before);
    const bool again = terminal.requests().wait_until(
                           [&] { return device.connections() == 2 && device.connected(); },
                           clock::now() + patience) &&
                       terminal.flush();
    print("console-hostile: {}connected again", again ? "" : "not ");
    return again ? 0 : 1;
}

} // namespace

uint32_t console_hostile(Words arguments)
{
    if (arguments.size() == 1) {
        for (const Way &way : ways) {
            if (way.name == arguments[0])
                return be_hostile(way);
        }
    }
    print("console-hostile: give it one of past, back, state, closed, input");
    return status_wrong_usage;
}

} // namespace keel::program
