// SPDX-License-Identifier: Apache-2.0
#include "fake_guest.hpp"

#include <system_error>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

namespace paravane::backend_test {

namespace {

constexpr int patience = 5000; // ms

SharedMemory made(uint64_t bytes)
{
    std::error_code error;
    SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error);
    EXPECT_FALSE(error) << error.message();
    return memory;
}

uint32_t frames_of(uint32_t ring_bytes)
{
    return (static_cast<uint32_t>(sizeof(pv_ring_control)) + ring_bytes + PV_PAGE_SIZE - 1) /
           PV_PAGE_SIZE;
}

} // namespace

FakeGuest::FakeGuest(uint32_t bytes, uint32_t index)
    : ring_bytes(bytes), output_at(PV_PAGE_SIZE),
      input_at(uint64_t{1 + frames_of(bytes)} * PV_PAGE_SIZE),
      arena(made(uint64_t{2 + 2 * frames_of(bytes)} * PV_PAGE_SIZE)),
      table(made(PV_GRANT_ENTRIES * sizeof(pv_grant_entry))),
      table_to_read(
          open(("/proc/self/fd/" + std::to_string(table.fd())).c_str(), O_RDONLY | O_CLOEXEC)),
      pins(*DomainPins::create()), doorbell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    const uint64_t first = arena_base / PV_PAGE_SIZE;
    allow(output_grant, PV_GRANT_VALID | PV_GRANT_WRITABLE, frames_of(bytes), first + 1);
    allow(input_grant, PV_GRANT_VALID | PV_GRANT_WRITABLE, frames_of(bytes),
          first + 1 + frames_of(bytes));
    const uint64_t mapped = sizeof(pv_ring_control) + bytes;
    // As an earlier process left them.
    pv_shared_store_relaxed(output_word(offsetof(pv_ring_control, consumer)), index);
    pv_shared_store_relaxed(input_word(offsetof(pv_ring_control, producer)), index);
    EXPECT_EQ(pv_stream_writer_attach(&output, arena.at(output_at), mapped, ring_bytes, index,
                                      &violations),
              PV_RULE_KEPT);
    EXPECT_EQ(
        pv_stream_reader_attach(&input, arena.at(input_at), mapped, ring_bytes, index, &violations),
        PV_RULE_KEPT);
}

void FakeGuest::allow(uint32_t number, uint32_t word, uint32_t frames, uint64_t first_frame) const
{
    const pv_grant_entry made = {pv_le32_of(word), pv_le32_of(frames), pv_le64_of(first_frame)};
    pv_shared_copy_in(entry(number), &made, sizeof(made));
}

uint32_t FakeGuest::write(std::string_view text)
{
    const uint32_t put = pv_stream_write(&output, text.data(), static_cast<uint32_t>(text.size()));
    if (pv_stream_publish(&output))
        ring();
    return put;
}

bool FakeGuest::write_all(std::string_view text)
{
    while (!text.empty()) {
        text.remove_prefix(write(text));
        if (!text.empty() && pv_stream_writer_arm(&output, 1) && !await_event(patience))
            return false;
        if (pv_stream_writer_refused(&output) != PV_RULE_KEPT)
            return false;
    }
    return true;
}

std::string FakeGuest::read(std::size_t most)
{
    std::string text(most, '\0');
    text.resize(pv_stream_read(&input, text.data(), static_cast<uint32_t>(most)));
    if (pv_stream_release(&input))
        ring();
    return text;
}

std::string FakeGuest::read_all(std::size_t bytes)
{
    std::string text;
    while (text.size() < bytes) {
        text += read(bytes - text.size());
        if (text.size() < bytes && pv_stream_reader_arm(&input, 1) && !await_event(patience))
            break;
        if (pv_stream_reader_refused(&input) != PV_RULE_KEPT)
            break;
    }
    return text;
}

bool FakeGuest::await_event(int milliseconds) const
{
    pollfd waited = {event.get(), POLLIN, 0};
    eventfd_t count = 0;
    return poll(&waited, 1, milliseconds) == 1 && eventfd_read(event.get(), &count) == 0;
}

bool FakeGuest::pinned() const
{
    for (uint32_t number = 1; number < PV_GRANT_ENTRIES; number++) {
        if (pins.pinned({number}))
            return true;
    }
    return false;
}

} // namespace paravane::backend_test
