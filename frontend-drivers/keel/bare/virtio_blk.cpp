// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/virtio_blk.hpp"

#include "frontend-drivers/keel/bare/pci.hpp"

namespace keel::bare {

namespace {

constexpr uint16_t vendor = 0x1af4;
constexpr uint16_t modern_block = 0x1042;

// What a capability of the vendor's names.
constexpr uint8_t capability_of_vendor = 0x09;
constexpr uint32_t names_common = 1;
constexpr uint32_t names_notify = 2;
constexpr uint32_t names_device = 4;

// The common registers.
constexpr uint32_t offered_select = 0x00;
constexpr uint32_t offered = 0x04;
constexpr uint32_t accepted_select = 0x08;
constexpr uint32_t accepted = 0x0c;
constexpr uint32_t device_status = 0x14;
constexpr uint32_t queue_select = 0x16;
constexpr uint32_t queue_size = 0x18;
constexpr uint32_t queue_enable = 0x1c;
constexpr uint32_t queue_notify = 0x1e;
constexpr uint32_t queue_ring = 0x20;
constexpr uint32_t queue_available = 0x28;
constexpr uint32_t queue_used = 0x30;

constexpr uint8_t status_seen = 1;
constexpr uint8_t status_known = 2;
constexpr uint8_t status_ready = 4;
constexpr uint8_t status_agreed = 8;

constexpr uint64_t feature_flush = uint64_t{1} << 9;
constexpr uint64_t feature_indirect = uint64_t{1} << 28;
constexpr uint64_t feature_event_index = uint64_t{1} << 29;
constexpr uint64_t feature_modern = uint64_t{1} << 32;

constexpr uint32_t bytes_most = 1U << 20;

} // namespace

Complaint VirtioBlk::open(const Features &features)
{
    const auto function = pci::find_device(vendor, modern_block);

    if (!function)
        return "no virtio block device";
    function->enable();
    for (auto at = function->capability(capability_of_vendor, 0); at;
         at = function->capability(capability_of_vendor, *at)) {
        const uint64_t address =
            function->base(function->read(*at + 4) & 0xff) + function->read(*at + 8);
        const uint32_t names = function->read(*at) >> 24;
        if (names == names_common)
            common_ = address;
        if (names == names_device)
            configuration_ = address;
        if (names == names_notify) {
            notify_base_ = address;
            notify_step_ = function->read(*at + 16);
        }
    }
    if (common_ == 0 || notify_base_ == 0 || configuration_ == 0)
        return "the virtio device lacks registers";
    if (const Complaint wrong = negotiate(features); !wrong.empty())
        return wrong;
    return start_queue();
}

Complaint VirtioBlk::negotiate(const Features &features)
{
    uint64_t wanted = feature_modern | feature_flush;
    uint64_t found = 0;

    store8(common_ + device_status, 0);
    while (load8(common_ + device_status) != 0)
        ;
    store8(common_ + device_status, status_seen | status_known);
    for (uint32_t half = 0; half < 2; half++) {
        store32(common_ + offered_select, half);
        found |= uint64_t{load32(common_ + offered)} << (32 * half);
    }
    wanted |= features.indirect ? feature_indirect : 0;
    wanted |= features.event_index ? feature_event_index : 0;
    if ((found & wanted) != wanted)
        return "the virtio device lacks a feature";
    for (uint32_t half = 0; half < 2; half++) {
        store32(common_ + accepted_select, half);
        store32(common_ + accepted, static_cast<uint32_t>(wanted >> (32 * half)));
    }
    store8(common_ + device_status, status_seen | status_known | status_agreed);
    if ((load8(common_ + device_status) & status_agreed) == 0)
        return "the virtio device refuses the features";
    indirect_ = features.indirect;
    event_index_ = features.event_index;
    return {};
}

void VirtioBlk::fill_ring()
{
    const auto chain = [](Descriptor *at, uint32_t first, Request &request) {
        at[0] = {device_address(&request), 16, has_next, static_cast<uint16_t>(first + 1)};
        at[1] = {0, 0, has_next, static_cast<uint16_t>(first + 2)};
        at[2] = {device_address(&request.status), 1, device_writes, 0};
    };

    for (uint32_t tag = 0; tag < depth_max_; tag++) {
        Request &request = requests_[tag];
        if (!indirect_) {
            chain(&ring_[uint64_t{tag} * parts], tag * parts, request);
            continue;
        }
        chain(request.table.data(), 0, request);
        ring_[tag] = {device_address(request.table.data()), sizeof(request.table), is_table, 0};
    }
}

Complaint VirtioBlk::start_queue()
{
    store16(common_ + queue_select, 0);
    const uint32_t size = std::min<uint32_t>(load16(common_ + queue_size), entries_max);
    if (size < parts || (size & (size - 1)) != 0)
        return "the virtio device's queue has an odd size";
    store16(common_ + queue_size, static_cast<uint16_t>(size));
    store64(common_ + queue_ring, device_address(&ring_));
    store64(common_ + queue_available, device_address(&available_));
    store64(common_ + queue_used, device_address(&used_));
    notify_ = notify_base_ + uint64_t{load16(common_ + queue_notify)} * notify_step_;

    mask_ = static_cast<uint16_t>(size - 1);
    depth_max_ = indirect_ ? std::min(size, tags_max) : size / parts;
    bytes_max_ = bytes_most;
    available_ = {};
    used_ = {};
    next_ = shown_ = seen_ = 0;
    available_.flags = event_index_ ? 0 : no_interrupt;
    // As after a poll.
    available_.heads[size] = 0xffff;
    fill_ring();
    store16(common_ + queue_enable, 1);
    store8(common_ + device_status, status_seen | status_known | status_agreed | status_ready);
    // The disk's size is the first of its registers.
    sectors_ = load64(configuration_);
    return {};
}

} // namespace keel::bare
