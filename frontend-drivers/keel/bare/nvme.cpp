// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/bare/nvme.hpp"

#include <cstring>

#include "frontend-drivers/keel/bare/pci.hpp"

namespace keel::bare {

namespace {

constexpr uint32_t kind_of_nvme = 0x010802;

constexpr uint32_t capabilities = 0x00;
constexpr uint32_t configuration = 0x14;
constexpr uint32_t state = 0x1c;
constexpr uint32_t admin_sizes = 0x24;
constexpr uint32_t admin_submission = 0x28;
constexpr uint32_t admin_completion = 0x30;
constexpr uint32_t doorbells_at = 0x1000;

constexpr uint32_t enabled = 1;
// Entries of 64 and of 16 bytes, and pages of 4 KiB, which is 0.
constexpr uint32_t entry_sizes = 6U << 16 | 4U << 20;
constexpr uint32_t ready = 1;
constexpr uint32_t failed = 2;

constexpr uint8_t create_submission = 0x01;
constexpr uint8_t create_completion = 0x05;
constexpr uint8_t identify_something = 0x06;
constexpr uint8_t doorbell_buffer = 0x7c;

template <typename T, std::size_t Bytes>
T field(const std::array<uint8_t, Bytes> &of, std::size_t offset)
{
    T value = 0;
    std::memcpy(&value, &of[offset], sizeof(value));
    return value;
}

} // namespace

Complaint Nvme::open(const Features &features)
{
    const auto function = pci::find_kind(kind_of_nvme, 0xffffff);
    bool has_shadow_doorbells = false;

    if (!function)
        return "no NVMe controller";
    function->enable();
    registers_ = function->base(0);
    if (const Complaint wrong = reset(); !wrong.empty())
        return wrong;
    if (const Complaint wrong = identify(has_shadow_doorbells); !wrong.empty())
        return wrong;
    if (features.shadow_doorbells && !has_shadow_doorbells)
        return "the NVMe controller has no shadow doorbells";
    if (!make_queues())
        return "the NVMe controller gives no queues";
    if (features.shadow_doorbells) {
        Command command = {};
        command.operation = doorbell_buffer;
        command.first_page = device_address(&shadow_doorbells_);
        command.other_pages = device_address(&shadow_events_);
        if (!execute(command))
            return "the NVMe controller refuses shadow doorbells";
        shadow_ = true;
    }
    return {};
}

Complaint Nvme::reset()
{
    const uint64_t offered = load64(registers_ + capabilities);
    const uint32_t largest = (static_cast<uint32_t>(offered) & 0xffff) + 1;

    store32(registers_ + configuration, 0);
    while ((load32(registers_ + state) & ready) != 0)
        ;
    entries_ = std::min(largest, entries_max);
    doorbell_words_ = 1U << (offered >> 32 & 0xf);
    doorbells_ = registers_ + doorbells_at;
    admin_answers_ = {};
    admin_next_ = 0;
    admin_phase_ = 1;
    shadow_ = false;
    shadow_doorbells_ = {};
    shadow_events_ = {};
    answers_ = {};
    tail_ = rung_tail_ = head_ = rung_head_ = untold_ = 0;
    phase_ = 1;
    store32(registers_ + admin_sizes, (admin_entries - 1) << 16 | (admin_entries - 1));
    store64(registers_ + admin_submission, device_address(&admin_commands_));
    store64(registers_ + admin_completion, device_address(&admin_answers_));
    store32(registers_ + configuration, entry_sizes | enabled);
    for (;;) {
        const uint32_t now = load32(registers_ + state);
        if ((now & failed) != 0)
            return "the NVMe controller failed";
        if ((now & ready) != 0)
            return {};
    }
}

// One at a time.
bool Nvme::execute(const Command &command)
{
    Answer &answer = admin_answers_[admin_next_];

    admin_commands_[admin_next_] = command;
    admin_next_ = (admin_next_ + 1) % admin_entries;
    full_barrier();
    store32(doorbells_, admin_next_);
    while ((load_acquire(answer.status) & 1U) != admin_phase_)
        ;
    const bool good = answer.status >> 1 == 0;
    if (admin_next_ == 0)
        admin_phase_ ^= 1U;
    store32(doorbells_ + uint64_t{doorbell_words_} * 4, admin_next_);
    return good;
}

bool Nvme::execute(uint8_t operation, uint64_t page, uint32_t word10, uint32_t word11)
{
    Command command = {};

    command.operation = operation;
    command.first_page = page;
    command.words[0] = word10;
    command.words[1] = word11;
    return execute(command);
}

Complaint Nvme::identify(bool &has_shadow_doorbells)
{
    constexpr uint32_t of_controller = 1;
    constexpr std::size_t largest_transfer_at = 77;
    constexpr std::size_t optional_commands_at = 256;
    constexpr uint32_t with_doorbell_buffer = 1U << 8;
    constexpr std::size_t format_at = 26;
    constexpr std::size_t formats_at = 128;

    if (!execute(identify_something, device_address(&identity_), of_controller, 0))
        return "the NVMe controller does not say what it is";
    has_shadow_doorbells =
        (field<uint16_t>(identity_, optional_commands_at) & with_doorbell_buffer) != 0;
    const uint32_t most = pages_max * page_bytes;
    const uint8_t shift = identity_[largest_transfer_at];
    bytes_max_ = shift == 0 || shift > 8 ? most : std::min(most, page_bytes << shift);

    Command command = {};
    command.operation = identify_something;
    command.space = first_space;
    command.first_page = device_address(&identity_);
    if (!execute(command))
        return "the NVMe controller has no first namespace";
    const std::size_t format = identity_[format_at] & 0xfU;
    const uint32_t block_bits = field<uint32_t>(identity_, formats_at + format * 4) >> 16 & 0xff;
    if (block_bits < 9 || block_bits > 12)
        return "the NVMe namespace has odd blocks";
    block_shift_ = block_bits - 9;
    sectors_ = field<uint64_t>(identity_, 0) << block_shift_;
    // A full queue would look like an empty one.
    depth_max_ = std::min(tags_max, entries_ - 1);
    return {};
}

bool Nvme::make_queues()
{
    constexpr uint32_t in_one_piece = 1;
    const uint32_t size_and_number = (entries_ - 1) << 16 | first_queue;

    // Without the flag for interrupts.
    return execute(create_completion, device_address(&answers_), size_and_number, in_one_piece) &&
           execute(create_submission, device_address(&commands_), size_and_number,
                   first_queue << 16 | in_one_piece);
}

} // namespace keel::bare
