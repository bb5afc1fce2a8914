// SPDX-License-Identifier: Apache-2.0
#include "hypercall/control/packet.hpp"

#include <array>
#include <cstring>
#include <string>

#include <kj/exception.h>
#include <sys/socket.h>

namespace paravane::control {

namespace {

// A message's pointers may lead over the same words again and again; this bounds the reading.
constexpr uint64_t traversal_words = packet_bytes_max / sizeof(capnp::word) * 4;
constexpr int nesting = 16;

union DescriptorSpace {
    cmsghdr head;
    std::array<char, CMSG_SPACE(sizeof(int) * packet_fds_max)> bytes;
};

} // namespace

Result<std::pair<UniqueFd, UniqueFd>> make_socket_pair()
{
    std::array<int, 2> ends{};

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return system_problem("a socket pair");
    return std::pair(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

Result<void> send_packet(int socket, capnp::MessageBuilder &message, std::span<const int> fds)
{
    const kj::Array<capnp::word> words = capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    DescriptorSpace space = {};
    iovec vector = {const_cast<unsigned char *>(bytes.begin()), bytes.size()};
    msghdr head = {};

    if (bytes.size() > packet_bytes_max || fds.size() > packet_fds_max)
        return Problem{"a control message is too long"};
    head.msg_iov = &vector;
    head.msg_iovlen = 1;
    if (!fds.empty()) {
        head.msg_control = space.bytes.data();
        head.msg_controllen = CMSG_SPACE(fds.size_bytes());
        cmsghdr *rights = CMSG_FIRSTHDR(&head);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fds.size_bytes());
        std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
    }
    const ssize_t sent = sendmsg(socket, &head, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(bytes.size()))
        return system_problem("sending a control message");
    return {};
}

Result<Packet> Packet::receive(int socket)
{
    Packet packet;
    DescriptorSpace space = {};
    packet.words_ = kj::heapArray<capnp::word>(packet_bytes_max / sizeof(capnp::word));
    iovec vector = {packet.words_.begin(), packet_bytes_max};
    msghdr head = {};

    head.msg_iov = &vector;
    head.msg_iovlen = 1;
    head.msg_control = space.bytes.data();
    head.msg_controllen = sizeof(space.bytes);
    const ssize_t got = recvmsg(socket, &head, MSG_CMSG_CLOEXEC);
    if (got < 0)
        return system_problem("receiving a control message");
    for (cmsghdr *part = CMSG_FIRSTHDR(&head); part != nullptr; part = CMSG_NXTHDR(&head, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (std::size_t at = 0; CMSG_LEN(at) < part->cmsg_len; at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + at, sizeof(fd));
            packet.fds_.emplace_back(fd);
        }
    }
    if (got == 0)
        return Problem{"the other process has gone"};
    if ((head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 ||
        static_cast<std::size_t>(got) % sizeof(capnp::word) != 0)
        return Problem{"a control message of a wrong size"};

    capnp::ReaderOptions options;
    options.traversalLimitInWords = traversal_words;
    options.nestingLimit = nesting;
    try {
        packet.reader_ = std::make_unique<capnp::FlatArrayMessageReader>(
            packet.words_.slice(0, static_cast<std::size_t>(got) / sizeof(capnp::word)), options);
    } catch (const kj::Exception &problem) {
        return Problem{std::string("a control message that is none: ") +
                       problem.getDescription().cStr()};
    }
    return packet;
}

} // namespace paravane::control
