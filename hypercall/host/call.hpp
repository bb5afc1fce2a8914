// SPDX-License-Identifier: Apache-2.0
//
// A hypercall as its registers hold it, and the one way to take an argument out of them: into a type,
// with its range checked.
#pragma once

#include <array>
#include <cstdint>

#include "hypercall/host/domain_id.hpp"
#include "hypercall/host/grant_id.hpp"
#include "hypercall/host/guest_address.hpp"
#include <paravane/errors.h>
#include <paravane/event.h>
#include <paravane/hypercall.h>

namespace paravane {

struct Port {
    uint32_t value = 0; // 1 to PV_PORTS - 1; 0 is none
    friend constexpr bool operator==(Port, Port) = default;
    friend constexpr auto operator<=>(Port left, Port right) { return left.value <=> right.value; }
};

struct VcpuId {
    uint32_t value = 0;
    friend constexpr bool operator==(VcpuId, VcpuId) = default;
    friend constexpr auto operator<=>(VcpuId left, VcpuId right)
    {
        return left.value <=> right.value;
    }
};

struct Call {
    uint64_t number = 0;
    std::array<uint64_t, 5> argument{};
};

// What the caller's vCPU does after the call.
enum class After : uint8_t {
    resume,
    block, // sleep until an event
    down,  // stop until it is brought up again
    yield,
    ended // the guest has ended
};

struct Outcome {
    int64_t result = 0;
    After after = After::resume;
    uint64_t delay = 0; // ns that the caller waits first: it asks for more than its share
};

// Takes arguments in order. After the first that is out of range all further ones fail, so that a
// decoder asks once, at its end.
class Arguments {
  public:
    explicit Arguments(const Call &call) : call_(call) {}

    Arguments &take(uint64_t &value)
    {
        value = next();
        return *this;
    }
    Arguments &take(uint32_t &value) { return within(value, UINT32_MAX); }
    Arguments &take(GuestAddress &address) { return take(address.value); }
    Arguments &take(GuestVirtual &address) { return take(address.value); }
    Arguments &take(VcpuId &vcpu) { return take(vcpu.value); }
    Arguments &take(Port &port) { return within(port.value, PV_PORTS - 1); }
    Arguments &take(GrantId &grant)
    {
        within(grant.value, PV_GRANT_ENTRIES - 1);
        good_ = good_ && grant.good();
        return *this;
    }
    Arguments &take(DomainId &domain)
    {
        uint32_t value = 0;
        within(value, UINT16_MAX);
        domain.value = static_cast<uint16_t>(value);
        return *this;
    }
    // For an enumeration with values from 0 to `count` - 1.
    Arguments &take(uint32_t &value, uint32_t count) { return within(value, count - 1); }

    [[nodiscard]] bool good() const { return good_; }

  private:
    uint64_t next() { return call_.argument[taken_++ % call_.argument.size()]; }
    Arguments &within(uint32_t &value, uint64_t most)
    {
        const uint64_t taken = next();
        good_ = good_ && taken <= most;
        value = static_cast<uint32_t>(taken);
        return *this;
    }

    const Call &call_;
    std::size_t taken_ = 0;
    bool good_ = true;
};

} // namespace paravane
