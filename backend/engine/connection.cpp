// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/connection.hpp"

#include <system_error>

#include <fcntl.h>
#include <kj/exception.h>

#include "generated/control/backend.capnp.h"
#include "hypercall/control/packet.hpp"

namespace paravane {

namespace {

// The order of the common descriptors, as of backend.capnp.
enum CommonFd : std::size_t { arena_fd, table_fd, pins_fd, unpinned_fd, ports_fd };

bool has_flags(const UniqueFd &fd, int mask, int flags)
{
    const int got = fcntl(fd.get(), F_GETFL);
    return got >= 0 && (got & mask) == flags;
}

Result<void> take_memory(control::Packet &packet, uint64_t arena_base, Connection &made)
{
    std::error_code error;
    UniqueFd table_file = packet.take_fd(table_fd);

    // Mapped so that this process cannot write it; not to be mapped otherwise, either.
    if (!has_flags(table_file, O_ACCMODE, O_RDONLY))
        return Problem{"the grant table can be written"};
    SharedMemory arena = SharedMemory::adopt(packet.take_fd(arena_fd).release(), error,
                                             SharedMemory::Frames::untouched);
    if (error)
        return Problem{"the arena: " + error.message()};
    SharedMemory table = SharedMemory::adopt(
        table_file.release(), error, SharedMemory::Frames::touched, SharedMemory::Access::read);
    if (error)
        return Problem{"the grant table: " + error.message()};
    UniqueFd unpinned = packet.take_fd(unpinned_fd);
    made.unpinned = unpinned.get();
    Result<BackendPins> pins = BackendPins::adopt(packet.take_fd(pins_fd), std::move(unpinned));
    if (!pins)
        return pins.error();
    auto memory =
        GrantedMemory::make(std::move(arena), arena_base, std::move(table), std::move(*pins));
    if (!memory)
        return memory.error();
    made.memory = std::move(*memory);
    return {};
}

std::string misfit(control::Connect::Reader connect, const DeviceShape &shape)
{
    const pv_device_terms terms = {connect.getVersion(), connect.getFeatures()};
    const uint32_t rings = connect.getRings().size();

    if (!pv_device_acceptable(&shape.offer, &terms))
        return "version or features not offered";
    if (rings < shape.rings_min || rings > shape.rings_max)
        return "wrong number of rings";
    if (connect.getPorts() < shape.ports_min || connect.getPorts() > shape.ports_max)
        return "wrong number of ports";
    return {};
}

Result<Connection> read(control::Packet &packet, const DeviceShape &shape)
{
    const auto message = packet.root<control::ToBackend>();
    if (message.which() != control::ToBackend::CONNECT)
        return Problem{"the first message is not `connect`"};
    const auto connect = message.getConnect();
    Connection made;

    made.refusal = misfit(connect, shape);
    if (!made.refusal.empty())
        return made;
    const std::size_t ports = connect.getPorts();
    const std::size_t own_fds = ports_fd + ports * 2;
    if (packet.fd_count() < own_fds + shape.descriptors_min ||
        packet.fd_count() > own_fds + shape.descriptors_max)
        return Problem{"`connect` with " + std::to_string(packet.fd_count()) +
                       " descriptors instead of " +
                       std::to_string(own_fds + shape.descriptors_max)};
    made.domain = {connect.getDomain()};
    made.terms = {connect.getVersion(), connect.getFeatures()};
    made.epoch = connect.getEpoch();
    made.resumed = connect.getResumed();
    for (const auto ring : connect.getRings())
        made.rings.push_back({ring.getGrant(), ring.getOffset(), ring.getSize()});
    for (std::size_t i = 0; i < ports; i++) {
        HostPort port = {packet.take_fd(ports_fd + 2 * i), packet.take_fd(ports_fd + 2 * i + 1)};
        // Or a guest that is never woken could stop this process where it signals.
        if (!has_flags(port.event, O_NONBLOCK, O_NONBLOCK))
            return Problem{"the event of a port blocks"};
        made.ports.push_back(std::move(port));
    }
    for (std::size_t i = 0; own_fds + i < packet.fd_count(); i++)
        made.descriptors.push_back(packet.take_fd(own_fds + i));
    if (Result<void> taken = take_memory(packet, connect.getArenaBase(), made); !taken)
        return taken.error();
    return made;
}

} // namespace

Result<Connection> Connection::receive(int socket, const DeviceShape &shape)
{
    Result<control::Packet> packet = control::Packet::receive(socket);

    if (!packet)
        return packet.error();
    try {
        return read(*packet, shape);
    } catch (const kj::Exception &problem) {
        return Problem{std::string("`connect` is no message: ") + problem.getDescription().cStr()};
    }
}

} // namespace paravane
