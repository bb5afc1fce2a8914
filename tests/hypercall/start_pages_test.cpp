// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <x86intrin.h>

#include "guest.hpp"
#include "hypercall/host/clock.hpp"
#include "hypercall/host/guest_clock.hpp"
#include "hypercall/host/start_pages.hpp"
#include <paravane/start_info.h>
#include <paravane/time_page.h>

namespace paravane::hypercall_test {
namespace {

const Image image = {{PV_GUEST_VIRTUAL_BASE + 0x100004}, {0x123000}, {}};

Result<VcpuStart> write_pages(const Guest &guest, const Image &of = image)
{
    return write_start_pages(*guest.domain, guest.vehicle, of);
}

DomainSettings with_command_line(std::string line)
{
    DomainSettings settings = small_guest();
    settings.command_line = std::move(line);
    return settings;
}

TEST(StartPages, TellTheGuestAll)
{
    const Guest guest(small_guest(3));
    const Result<VcpuStart> start = write_pages(guest);
    ASSERT_TRUE(start.has_value());
    EXPECT_EQ(start->entry, image.entry);
    EXPECT_EQ(start->stack.value, PV_GUEST_VIRTUAL_BASE + 0x140000);
    EXPECT_EQ(start->argument, PV_GUEST_VIRTUAL_BASE + 0xc0001000);

    const auto info = guest.get<pv_start_info>(0xc0001000);
    EXPECT_EQ(pv_le64_get(info.magic), 0x656e617661726170U);
    EXPECT_EQ(pv_le32_get(info.abi_version), 1U);
    EXPECT_EQ(pv_le32_get(info.bytes), 184U);
    EXPECT_EQ(pv_le64_get(info.features), guest.vehicle.offered);
    EXPECT_EQ(pv_le32_get(info.domain), self.value);
    EXPECT_EQ(pv_le32_get(info.vehicle), static_cast<uint32_t>(PV_VEHICLE_KVM));
    EXPECT_EQ(pv_le32_get(info.vcpus), 3U);
    EXPECT_EQ(pv_le32_get(info.command_line_bytes), 7U);
    EXPECT_EQ(pv_le64_get(info.virtual_base), 0x200000000000U);
    EXPECT_EQ(pv_le64_get(info.hypercall_page), 0xc0000000U);
    EXPECT_EQ(pv_le64_get(info.time_page), 0xc0002000U);
    EXPECT_EQ(pv_le64_get(info.command_line), 0xc0003000U);
    EXPECT_EQ(pv_le64_get(info.event_area), 0xc0200000U);
    EXPECT_EQ(pv_le64_get(info.store_area), 0xc0600000U);
    EXPECT_EQ(pv_le64_get(info.store_bytes), 0xa000U);
    EXPECT_EQ(pv_le32_get(info.store_port), 0U);
    EXPECT_EQ(pv_le32_get(info.direct_events), PV_DIRECT_EVENTS);
    EXPECT_EQ(pv_le64_get(info.interrupt_end), 0xfee000b0U);
    EXPECT_EQ(pv_le64_get(info.ram_base), 0U);
    EXPECT_EQ(pv_le64_get(info.ram_bytes), ram_bytes);
    EXPECT_EQ(pv_le64_get(info.free_base), 0x140000U);
    EXPECT_EQ(pv_le64_get(info.stack_top), 0x140000U);
    EXPECT_EQ(pv_le64_get(info.epoch), 1U);
    EXPECT_EQ(pv_le64_get(info.grant_table), 0xc0400000U);
    EXPECT_EQ(pv_le64_get(info.grant_entries), 4096U);
    EXPECT_EQ(pv_le64_get(info.arena_base), 0x2000000000U);
    EXPECT_EQ(pv_le64_get(info.arena_bytes), uint64_t{16} << 20);
}

TEST(StartPages, NameNoArenaWhereThereIsNone)
{
    DomainSettings settings = small_guest();
    settings.arena = 0;
    const Guest guest(settings);
    ASSERT_TRUE(write_pages(guest).has_value());
    const auto info = guest.get<pv_start_info>(PV_START_INFO);
    EXPECT_EQ(pv_le64_get(info.arena_base), 0U);
    EXPECT_EQ(pv_le64_get(info.arena_bytes), 0U);
    EXPECT_EQ(pv_le64_get(info.grant_entries), 4096U);
}

TEST(StartPages, HaveNoDirectEventsWhereTheVehicleHasNone)
{
    Guest guest;
    guest.vehicle.offered &= ~PV_FEATURE_DIRECT_EVENTS;
    ASSERT_TRUE(write_pages(guest).has_value());
    EXPECT_EQ(pv_le32_get(guest.get<pv_start_info>(PV_START_INFO).direct_events), 0U);
}

TEST(StartPages, NameTheStoresPort)
{
    const Guest guest;
    const Result<HostEnd> store = guest.domain->make_store_port();
    ASSERT_TRUE(store.has_value());
    ASSERT_TRUE(write_pages(guest).has_value());
    EXPECT_EQ(pv_le32_get(guest.get<pv_start_info>(PV_START_INFO).store_port),
              guest.domain->store_port().value);
}

TEST(StartPages, HaveAStubForEachNumber)
{
    const Guest guest;
    ASSERT_TRUE(write_pages(guest).has_value());
    for (uint32_t number = 0; number < PV_PAGE_SIZE / PV_STUB_SIZE; number++) {
        const auto stub = guest.get<Stub>(PV_HYPERCALL_PAGE + uint64_t{number} * PV_STUB_SIZE);
        EXPECT_EQ(stub, guest.vehicle.stub(number)) << number;
    }
}

TEST(StartPages, LeaveRoomForTheStack)
{
    const Guest guest;
    Image large = image;
    large.end.value = ram_bytes - first_stack_bytes;
    EXPECT_TRUE(write_pages(guest, large).has_value());
    large.end.value++;
    const Result<VcpuStart> refused = write_pages(guest, large);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text,
              "the image and its stack do not fit into 4 MiB: give the guest more with --memory");
}

TEST(StartPages, HoldTheCommandLine)
{
    const std::string longest(PV_COMMAND_LINE_MAX - 1, 'x');
    const Guest guest(with_command_line(longest));
    ASSERT_TRUE(write_pages(guest).has_value());
    const std::vector<unsigned char> held = guest.get(PV_COMMAND_LINE, PV_COMMAND_LINE_MAX);
    EXPECT_TRUE(std::equal(longest.begin(), longest.end(), held.begin()));
    EXPECT_EQ(held.back(), 0);
    EXPECT_EQ(pv_le32_get(guest.get<pv_start_info>(PV_START_INFO).command_line_bytes), 4095U);

    const Guest none(with_command_line(""));
    ASSERT_TRUE(write_pages(none).has_value());
    EXPECT_EQ(none.get(PV_COMMAND_LINE, 1)[0], 0);

    const Guest too_long(with_command_line(longest + "x"));
    const Result<VcpuStart> refused = write_pages(too_long);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().text, "the command line has 4096 bytes; at most 4095 fit");
}

// As a guest computes it.
uint64_t time_of(const pv_time_page &page, uint64_t counter)
{
    const auto shift = static_cast<int32_t>(pv_le32_get(page.shift));
    uint64_t delta = counter - pv_le64_get(page.counter_base);
    delta = shift < 0 ? delta >> -shift : delta << shift;
    __extension__ using Wide = unsigned __int128;
    return pv_le64_get(page.system_base) +
           static_cast<uint64_t>(Wide{delta} * pv_le32_get(page.multiplier) >> 32);
}

// Of a clock that has just begun.
pv_time_page time_page(const Guest &guest, uint64_t khz)
{
    const GuestClock clock(guest.domain->memory(), khz);
    return guest.get<pv_time_page>(PV_TIME_PAGE);
}

TEST(TimePage, BeginsNow)
{
    const Guest guest;
    const uint64_t before = clock_now();
    const uint64_t counter = __rdtsc();
    const pv_time_page page = time_page(guest, 2400000);
    EXPECT_GE(pv_le64_get(page.system_base), before);
    EXPECT_LE(pv_le64_get(page.system_base), clock_now());
    EXPECT_GE(pv_le64_get(page.counter_base), counter);
    EXPECT_LE(pv_le64_get(page.counter_base), __rdtsc());
    const uint64_t wall = pv_le64_get(page.wall_offset) + clock_now();
    EXPECT_NEAR(static_cast<double>(wall), static_cast<double>(clock_ns(CLOCK_REALTIME)), 1e9);
    EXPECT_EQ(pv_le32_get(page.reserved0), 0U);
    EXPECT_EQ(pv_le64_get(page.reserved1), 0U);
}

TEST(TimePage, HasTheCountersPace)
{
    const Guest guest;
    for (const uint64_t khz :
         {uint64_t{1}, uint64_t{1000}, uint64_t{999999}, uint64_t{1000000}, uint64_t{1000001},
          uint64_t{2400000}, uint64_t{4000000}, uint64_t{6000000}}) {
        const pv_time_page page = time_page(guest, khz);
        EXPECT_GE(pv_le32_get(page.multiplier), uint32_t{1} << 31) << khz;
        // One hour of it is one hour.
        const uint64_t hour = time_of(page, pv_le64_get(page.counter_base) + khz * 1000 * 3600) -
                              pv_le64_get(page.system_base);
        EXPECT_NEAR(static_cast<double>(hour), 3600e9, 3600e9 * 1e-9 + 2) << khz;
    }
}

TEST(TimePage, CountsItsChanges)
{
    const Guest guest;
    EXPECT_EQ(pv_le32_get(guest.get<pv_time_page>(PV_TIME_PAGE).sequence), 2U);
    guest.domain->update_clock();
    EXPECT_EQ(pv_le32_get(guest.get<pv_time_page>(PV_TIME_PAGE).sequence), 4U);
    guest.domain->timer_due({0});
    EXPECT_EQ(pv_le32_get(guest.get<pv_time_page>(PV_TIME_PAGE).sequence), 6U);
}

// Whatever the host believes of the counter: also ten times too fast or too slow.
TEST(TimePage, NeverGoesBackAndIsNeverLate)
{
    const Guest guest;
    const uint64_t counter = __rdtsc();
    const uint64_t ns = clock_now();
    while (clock_now() - ns < 5000000)
        ;
    const uint64_t khz = (__rdtsc() - counter) * 1000000 / (clock_now() - ns);
    for (const uint64_t believed : {khz, khz * 10, khz / 10 + 1}) {
        GuestClock clock(guest.domain->memory(), believed);
        uint64_t last = 0;
        for (int i = 0; i < 200; i++) {
            const uint64_t old = time_of(guest.get<pv_time_page>(PV_TIME_PAGE), __rdtsc());
            const uint64_t host = clock_now();
            clock.update();
            const uint64_t now = time_of(guest.get<pv_time_page>(PV_TIME_PAGE), __rdtsc());
            EXPECT_GE(old, last);
            EXPECT_GE(now, old);
            EXPECT_GE(now, host);
            last = now;
        }
    }
}

} // namespace
} // namespace paravane::hypercall_test
