// SPDX-License-Identifier: Apache-2.0
#include "guest.hpp"

#include <filesystem>
#include <iterator>

#include <gtest/gtest.h>

namespace paravane::hypercall_test {

namespace {

uint64_t pending_word(uint32_t port)
{
    return PV_EVENT_AREA + offsetof(pv_event_area, pending) + port / 64 * sizeof(uint64_t);
}

uint64_t vcpu_area(uint32_t vcpu)
{
    return PV_EVENT_AREA + offsetof(pv_event_area, vcpu) + vcpu * sizeof(pv_vcpu_area);
}

} // namespace

DomainSettings small_guest(uint32_t vcpus)
{
    return {.id = self, .vcpus = vcpus, .memory = ram_bytes, .command_line = "one two"};
}

Guest::Guest(const DomainSettings &settings) : vehicle(settings.vcpus)
{
    Result<std::unique_ptr<Domain>> made = Domain::create(settings, host);
    if (!made)
        throw std::runtime_error(made.error().text);
    domain = std::move(*made);
    domain->set_vehicle(vehicle);
}

Outcome Guest::call_from(uint32_t vcpu, uint64_t number,
                         const std::array<uint64_t, 5> &argument) const
{
    return domain->call({vcpu}, {number, argument});
}

int64_t Guest::call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                    uint64_t e) const
{
    return call_from(0, number, {a, b, c, d, e}).result;
}

uint32_t Guest::port(uint64_t op, uint64_t a, uint64_t b) const
{
    const int64_t result = event(op, a, b);
    EXPECT_GT(result, 0);
    EXPECT_LT(result, PV_PORTS);
    return static_cast<uint32_t>(result);
}

HostEnd Guest::bind_host(uint32_t port) const
{
    Result<HostEnd> end = domain->bind_host({port}, other);
    EXPECT_TRUE(end.has_value());
    return end ? std::move(*end) : HostEnd{};
}

void Guest::put(uint64_t at, std::span<const unsigned char> bytes) const
{
    ASSERT_TRUE(domain->memory().write_as_host({at}, bytes));
}

void Guest::get(uint64_t at, std::span<unsigned char> bytes) const
{
    ASSERT_TRUE(domain->memory().copy_out(bytes, {at}));
}

std::vector<unsigned char> Guest::get(uint64_t at, std::size_t bytes) const
{
    std::vector<unsigned char> copy(bytes);
    get(at, std::span(copy));
    return copy;
}

bool Guest::pending(uint32_t port) const
{
    return (pv_le64_get(get<pv_le64>(pending_word(port))) >> (port % 64) & 1) != 0;
}

uint64_t Guest::selector(uint32_t vcpu) const
{
    return pv_le64_get(get<pv_le64>(vcpu_area(vcpu) + offsetof(pv_vcpu_area, selector)));
}

uint32_t Guest::upcall(uint32_t vcpu) const
{
    return pv_le32_get(get<pv_le32>(vcpu_area(vcpu) + offsetof(pv_vcpu_area, upcall)));
}

void Guest::set_upcall(uint32_t vcpu, uint32_t value) const
{
    put(vcpu_area(vcpu) + offsetof(pv_vcpu_area, upcall), pv_le32_of(value));
}

void Guest::set_mask(uint32_t port, bool masked) const
{
    const uint64_t at =
        PV_EVENT_AREA + offsetof(pv_event_area, mask) + port / 64 * sizeof(uint64_t);
    const uint64_t bit = uint64_t{1} << (port % 64);
    const uint64_t word = pv_le64_get(get<pv_le64>(at));
    put(at, pv_le64_of(masked ? word | bit : word & ~bit));
}

void Guest::forget()
{
    const std::array<unsigned char, sizeof(pv_event_area)> nothing{};
    put(PV_EVENT_AREA, nothing);
    vehicle.upcalls.clear();
}

std::size_t open_descriptors()
{
    using std::filesystem::directory_iterator;
    return static_cast<std::size_t>(
        std::distance(directory_iterator("/proc/self/fd"), directory_iterator{}));
}

} // namespace paravane::hypercall_test
