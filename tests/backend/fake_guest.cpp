// SPDX-License-Identifier: Apache-2.0
#include "fake_guest.hpp"

#include <gtest/gtest.h>

namespace paravane::backend_test {

namespace {

constexpr int patience = 5000; // ms

uint32_t frames_of(uint32_t ring_bytes)
{
    return (static_cast<uint32_t>(sizeof(pv_ring_control)) + ring_bytes + PV_PAGE_SIZE - 1) /
           PV_PAGE_SIZE;
}

} // namespace

FakeGuest::FakeGuest(uint32_t bytes, uint32_t index)
    : FakeDomain(uint64_t{2 + 2 * frames_of(bytes)} * PV_PAGE_SIZE), ring_bytes(bytes),
      output_at(PV_PAGE_SIZE), input_at(uint64_t{1 + frames_of(bytes)} * PV_PAGE_SIZE)
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

} // namespace paravane::backend_test
