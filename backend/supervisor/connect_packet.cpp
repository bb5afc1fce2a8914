// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/connect_packet.hpp"

#include "generated/control/backend.capnp.h"

namespace paravane {

ConnectPacket::ConnectPacket(const ConnectionOf &connection, const Claim &claim,
                             const Attachment &attachment, std::span<const PortEnds> ports,
                             std::span<const int> own)
    : fds_{attachment.arena.get(), attachment.grant_table.get(), attachment.pins.get(),
           attachment.unpinned.get()}
{
    auto connect = message_.initRoot<control::ToBackend>().initConnect();

    connect.setDomain(connection.guest.value);
    connect.setVersion(claim.terms.version);
    connect.setFeatures(claim.terms.features);
    connect.setEpoch(connection.epoch);
    auto rings = connect.initRings(static_cast<unsigned>(claim.rings.size()));
    for (unsigned ring = 0; ring < rings.size(); ring++) {
        rings[ring].setGrant(claim.rings[ring].grant);
        rings[ring].setOffset(claim.rings[ring].offset);
        rings[ring].setSize(claim.rings[ring].size);
    }
    connect.setPorts(static_cast<uint32_t>(ports.size()));
    connect.setArenaBase(attachment.arena_base);
    connect.setResumed(connection.resumed);
    for (const PortEnds &port : ports) {
        fds_.push_back(port.doorbell.get());
        fds_.push_back(port.event.get());
    }
    fds_.insert(fds_.end(), own.begin(), own.end());
}

} // namespace paravane
