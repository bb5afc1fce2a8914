// SPDX-License-Identifier: Apache-2.0
//
// The first packet that a backend process gets: all that it has to know of one connection, see
// backend.capnp.
#pragma once

#include <span>
#include <vector>

#include <capnp/message.h>

#include "backend/supervisor/claim.hpp"
#include "backend/supervisor/domain_link.hpp"
#include "hypercall/host/domain_id.hpp"

namespace paravane {

struct ConnectionOf {
    DomainId guest;
    uint64_t epoch = 0;
    bool resumed = false; // an earlier process served this epoch
};

class ConnectPacket {
  public:
    // All descriptors stay their owners', and must be there until it is sent. `own` are the device's.
    ConnectPacket(const ConnectionOf &connection, const Claim &claim, const Attachment &attachment,
                  std::span<const PortEnds> ports, std::span<const int> own);

    [[nodiscard]] capnp::MessageBuilder &message() { return message_; }
    [[nodiscard]] std::span<const int> fds() const { return fds_; }

  private:
    capnp::MallocMessageBuilder message_;
    std::vector<int> fds_;
};

} // namespace paravane
