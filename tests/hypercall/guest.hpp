// SPDX-License-Identifier: Apache-2.0
//
// A guest of 4 MiB without a vehicle: the test makes its hypercalls and looks at its memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "fake_host.hpp"
#include "fake_vehicle.hpp"
#include "hypercall/host/domain.hpp"
#include <paravane/layout.h>

namespace paravane::hypercall_test {

inline constexpr uint64_t ram_bytes = uint64_t{4} << 20;
inline constexpr DomainId self{7};
inline constexpr DomainId other{9};
// Truncates to 0 in 32 bits.
inline constexpr uint64_t beyond_32 = uint64_t{1} << 32;
inline constexpr uint64_t hole = uint64_t{8} << 20;

[[nodiscard]] DomainSettings small_guest(uint32_t vcpus = 2);

class Guest {
  public:
    explicit Guest(const DomainSettings &settings = small_guest());

    FakeHost host;
    FakeVehicle vehicle;
    std::unique_ptr<Domain> domain;

    [[nodiscard]] Outcome call_from(uint32_t vcpu, uint64_t number,
                                    const std::array<uint64_t, 5> &argument) const;
    [[nodiscard]] int64_t call(uint64_t number, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0,
                               uint64_t d = 0, uint64_t e = 0) const;
    [[nodiscard]] int64_t event(uint64_t op, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0) const
    {
        return call(PV_CALL_EVENT, op, a, b, c);
    }
    // A port that this call must give.
    [[nodiscard]] uint32_t port(uint64_t op, uint64_t a = 0, uint64_t b = 0) const;
    // A new port, and the host's end of it.
    [[nodiscard]] HostEnd bind_host(uint32_t port) const;

    void put(uint64_t at, std::span<const unsigned char> bytes) const;
    template <typename T>
    requires std::is_trivially_copyable_v<T>
    void put(uint64_t at, const T &value) const
    {
        put(at, {reinterpret_cast<const unsigned char *>(&value), sizeof(value)});
    }
    [[nodiscard]] std::vector<unsigned char> get(uint64_t at, std::size_t bytes) const;
    template <typename T> [[nodiscard]] T get(uint64_t at) const
    {
        T value{};
        get(at, {reinterpret_cast<unsigned char *>(&value), sizeof(value)});
        return value;
    }

    // The event area, as the guest sees it.
    [[nodiscard]] bool pending(uint32_t port) const;
    [[nodiscard]] uint64_t selector(uint32_t vcpu) const;
    [[nodiscard]] uint32_t upcall(uint32_t vcpu) const;
    void set_upcall(uint32_t vcpu, uint32_t value) const;
    void set_mask(uint32_t port, bool masked) const;
    // The guest has handled everything.
    void forget();

    // Neither fake was asked what no domain may ask.
    [[nodiscard]] unsigned int violations() const { return host.violations + vehicle.violations; }

  private:
    void get(uint64_t at, std::span<unsigned char> bytes) const;
};

// How many descriptors this process has.
[[nodiscard]] std::size_t open_descriptors();

} // namespace paravane::hypercall_test
