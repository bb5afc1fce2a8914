// SPDX-License-Identifier: Apache-2.0
//
// The vehicle of this domain, made, started and waited for; whichever it is.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "generated/control/domain.capnp.h"
#include "hypercall/host/domain.hpp"
#include "hypercall/host/image.hpp"
#include "hypercall/host/vehicle.hpp"

namespace paravane {

class Carrier {
  public:
    Carrier() = default;
    Carrier(const Carrier &) = delete;
    Carrier &operator=(const Carrier &) = delete;
    virtual ~Carrier() = default;

    [[nodiscard]] virtual control::Vehicle kind() const = 0;
    [[nodiscard]] virtual Vehicle &vehicle() = 0;
    // Makes the vehicle's threads; until then the process needs no more than one.
    virtual void begin() = 0;
    // Maps the image and starts the first vCPU.
    [[nodiscard]] virtual Result<void> start(const Image &image, const VcpuStart &start) = 0;
    // Returns when all vCPUs have ended.
    virtual void join() = 0;
    // Becomes readable when the guest is gone without a word; -1 where that does not happen.
    [[nodiscard]] virtual int descriptor() const { return -1; }
    // The guest's process, which stop() kills; -1 where there is none.
    [[nodiscard]] virtual pid_t pid() const { return -1; }
    [[nodiscard]] virtual std::string why_it_ended() { return {}; }
};

// With AUTO, the best that this host can do.
[[nodiscard]] Result<std::unique_ptr<Carrier>> make_carrier(Domain &domain,
                                                            control::Vehicle wanted);

} // namespace paravane
