// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/ahci.hpp"

#include "frontend-drivers/keel/bare/pci.hpp"

namespace keel::bare {

namespace {

constexpr uint32_t kind_of_ahci = 0x010601;

constexpr uint32_t global_control = 0x04;
constexpr uint32_t ahci_enabled = 1U << 31;
constexpr uint32_t first_port = 0x100;

// A port's registers.
constexpr uint32_t command_list = 0x00;
constexpr uint32_t message_area = 0x08;
constexpr uint32_t interrupt_state = 0x10;
constexpr uint32_t interrupts = 0x14;
constexpr uint32_t command = 0x18;
constexpr uint32_t task_file = 0x20;
constexpr uint32_t link_state = 0x28;
constexpr uint32_t link_errors = 0x30;
constexpr uint32_t issue = 0x38;

constexpr uint32_t command_start = 1U << 0;
constexpr uint32_t command_spin_up = 1U << 1;
constexpr uint32_t command_power_on = 1U << 2;
constexpr uint32_t command_messages = 1U << 4;
constexpr uint32_t command_messages_run = 1U << 14;
constexpr uint32_t command_list_runs = 1U << 15;

constexpr uint32_t link_present = 3;
constexpr uint32_t task_error = 1U << 0;

constexpr uint8_t identify_device = 0xec;
// Words of its answer.
constexpr std::size_t queue_depth_at = 75;
constexpr std::size_t abilities_at = 76;
constexpr std::size_t sectors_at = 100;
constexpr uint16_t can_queue = 1U << 8;

constexpr uint32_t bytes_most = 1U << 20;

} // namespace

Complaint Ahci::open(const Features & /*features*/)
{
    const auto function = pci::find_kind(kind_of_ahci, 0xffffff);

    if (!function)
        return "no AHCI controller";
    function->enable();
    const uint64_t registers = function->base(5);
    store32(registers + global_control, ahci_enabled);
    port_ = registers + first_port;
    if ((load32(port_ + link_state) & 0xf) != link_present)
        return "no disk at the AHCI controller's first port";
    stop();
    messages_ = {};
    tables_ = {};
    for (uint32_t slot = 0; slot < slots; slot++)
        heads_[slot] = {head_flags, 0, device_address(&tables_[slot]), {}};
    store64(port_ + command_list, device_address(&heads_));
    store64(port_ + message_area, device_address(&messages_));
    store32(port_ + interrupts, 0);
    put_ = in_flight_ = refused_ = 0;
    start();
    return identify();
}

void Ahci::stop() const
{
    const uint32_t running = command_messages_run | command_list_runs;

    store32(port_ + command, command_spin_up | command_power_on);
    while ((load32(port_ + command) & running) != 0)
        ;
}

void Ahci::start() const
{
    const uint32_t without_list = command_spin_up | command_power_on | command_messages;

    store32(port_ + link_errors, ~0U);
    store32(port_ + interrupt_state, ~0U);
    store32(port_ + command, without_list);
    store32(port_ + command, without_list | command_start);
}

void Ahci::restart()
{
    stop();
    messages_ = {};
    start();
}

Complaint Ahci::identify()
{
    tables_[0].message.command = identify_device;
    tables_[0].area = {device_address(&identity_), 0, sizeof(identity_) - 1};
    full_barrier();
    store32(port_ + issue, 1);
    while ((load32(port_ + issue) & 1U) != 0)
        ;
    if ((load32(port_ + task_file) & task_error) != 0)
        return "the AHCI disk does not say what it is";
    if ((identity_[abilities_at] & can_queue) == 0)
        return "the AHCI disk has no command queue";
    sectors_ = 0;
    for (std::size_t word = 0; word < 4; word++)
        sectors_ |= uint64_t{identity_[sectors_at + word]} << (16 * word);
    depth_max_ = std::min<uint32_t>((identity_[queue_depth_at] & 0x1fU) + 1, slots);
    bytes_max_ = bytes_most;
    return {};
}

} // namespace keel::bare
