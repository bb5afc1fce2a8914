// SPDX-License-Identifier: Apache-2.0
#include "fake_domain.hpp"

#include <string>
#include <system_error>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

namespace paravane::backend_test {

namespace {

SharedMemory made(uint64_t bytes)
{
    std::error_code error;
    SharedMemory memory = SharedMemory::create(bytes, SharedMemory::Pages::normal, error,
                                               SharedMemory::Frames::untouched);
    EXPECT_FALSE(error) << error.message();
    return memory;
}

} // namespace

FakeDomain::FakeDomain(uint64_t arena_bytes)
    : arena(made(arena_bytes)), table(made(PV_GRANT_ENTRIES * sizeof(pv_grant_entry))),
      table_to_read(
          open(("/proc/self/fd/" + std::to_string(table.fd())).c_str(), O_RDONLY | O_CLOEXEC)),
      pins(*DomainPins::create())
{
}

void FakeDomain::allow(uint32_t number, uint32_t word, uint32_t frames, uint64_t first_frame) const
{
    const pv_grant_entry made = {pv_le32_of(word), pv_le32_of(frames), pv_le64_of(first_frame)};
    pv_shared_copy_in(entry(number), &made, sizeof(made));
}

void FakeDomain::allow_bytes(uint32_t number, bool writable, uint64_t offset, uint64_t bytes) const
{
    const uint64_t frames = (bytes + PV_PAGE_SIZE - 1) / PV_PAGE_SIZE;
    allow(number, PV_GRANT_VALID | (writable ? PV_GRANT_WRITABLE : 0),
          static_cast<uint32_t>(frames), (arena_base + offset) / PV_PAGE_SIZE);
}

bool FakeDomain::pinned() const
{
    for (uint32_t number = 1; number < PV_GRANT_ENTRIES; number++) {
        if (pins.pinned({number}))
            return true;
    }
    return false;
}

FakePort::FakePort()
    : doorbell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

bool FakePort::await_event(int milliseconds) const
{
    pollfd waited = {event.get(), POLLIN, 0};
    eventfd_t count = 0;
    return poll(&waited, 1, milliseconds) == 1 && eventfd_read(event.get(), &count) == 0;
}

} // namespace paravane::backend_test
