// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a packet between a supervisor and a domain process or a backend. The first byte says with how
// many descriptors.
#include <algorithm>
#include <array>
#include <cstring>

#include <capnp/message.h>
#include <kj/exception.h>
#include <sys/socket.h>

#include "generated/control/backend.capnp.h"
#include "generated/control/domain.capnp.h"
#include "hypercall/control/packet.hpp"
#include "verdict.hpp"

namespace paravane::fuzz {
namespace {

using control::FromBackend;
using control::FromDomain;
using control::Packet;
using control::ToBackend;
using control::ToDomain;

std::vector<Goal> reached = {{"start"},
                             {"shutdown"},
                             {"destroy"},
                             {"bindPort"},
                             {"unbindPort"},
                             {"started"},
                             {"refused"},
                             {"ended"},
                             {"bound"},
                             {"attach"},
                             {"detach"},
                             {"suspend"},
                             {"resume"},
                             {"attached"},
                             {"overdue"},
                             {"suspended"},
                             {"connect"},
                             {"disconnect"},
                             {"backend connected"},
                             {"backend refused"},
                             {"backend disconnected"},
                             {"no message"},
                             {"bad pointer"},
                             {"too many descriptors"}};

void reach(const std::string &what)
{
    for (Goal &goal : reached)
        goal.times += goal.what == what;
}

uint64_t touch(capnp::Text::Reader text)
{
    require(text.size() <= control::packet_bytes_max, "a text fits into its packet");
    return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

uint64_t touch(ToDomain::Reader message)
{
    switch (message.which()) {
    case ToDomain::START:
        reach("start");
        return touch(message.getStart().getCommandLine()) +
               touch(message.getStart().getImageName()) + message.getStart().getMemory() +
               message.getStart().getVcpus() + message.getStart().getId() +
               static_cast<uint64_t>(message.getStart().getVehicle());
    case ToDomain::SHUTDOWN:
        reach("shutdown");
        return 0;
    case ToDomain::DESTROY:
        reach("destroy");
        return 0;
    case ToDomain::BIND_PORT:
        reach("bindPort");
        return message.getBindPort().getPort() + message.getBindPort().getSerial() +
               message.getBindPort().getRemote();
    case ToDomain::UNBIND_PORT:
        reach("unbindPort");
        return message.getUnbindPort().getPort();
    case ToDomain::ATTACH:
        reach("attach");
        return message.getAttach().getBackend();
    case ToDomain::DETACH:
        reach("detach");
        return message.getDetach().getBackend();
    case ToDomain::SUSPEND:
        reach("suspend");
        return 0;
    case ToDomain::RESUME:
        reach("resume");
        return message.getResume().getEpoch();
    }
    return 0;
}

uint64_t touch(FromDomain::Reader message)
{
    switch (message.which()) {
    case FromDomain::STARTED:
        reach("started");
        return static_cast<uint64_t>(message.getStarted().getVehicle());
    case FromDomain::REFUSED:
        reach("refused");
        return touch(message.getRefused());
    case FromDomain::ENDED:
        reach("ended");
        return message.getEnded().getReason() + message.getEnded().getStatus();
    case FromDomain::BOUND:
        reach("bound");
        return message.getBound().getSerial() + touch(message.getBound().getProblem());
    case FromDomain::ATTACHED:
        reach("attached");
        return message.getAttached().getBackend() + message.getAttached().getArenaBase() +
               touch(message.getAttached().getProblem());
    case FromDomain::OVERDUE:
        reach("overdue");
        return message.getOverdue();
    case FromDomain::SUSPENDED:
        reach("suspended");
        return 0;
    }
    return 0;
}

uint64_t touch(ToBackend::Reader message)
{
    uint64_t sum = 0;

    switch (message.which()) {
    case ToBackend::CONNECT:
        reach("connect");
        for (const auto ring : message.getConnect().getRings())
            sum += ring.getGrant() + ring.getOffset() + ring.getSize();
        return sum + message.getConnect().getDomain() + message.getConnect().getVersion() +
               message.getConnect().getFeatures() + message.getConnect().getEpoch() +
               message.getConnect().getPorts() + message.getConnect().getArenaBase() +
               uint64_t{message.getConnect().getResumed()};
    case ToBackend::DISCONNECT:
        reach("disconnect");
        return 0;
    }
    return 0;
}

uint64_t touch(FromBackend::Reader message)
{
    switch (message.which()) {
    case FromBackend::CONNECTED:
        reach("backend connected");
        return 0;
    case FromBackend::REFUSED:
        reach("backend refused");
        return touch(message.getRefused());
    case FromBackend::DISCONNECTED:
        reach("backend disconnected");
        return 0;
    }
    return 0;
}

// All fields as they are named in the process, and then all that there are.
template <typename T> void read_all(Packet &packet)
{
    try {
        (void)touch(packet.root<T>());
        (void)kj::str(packet.root<T>()).size();
    } catch (const kj::Exception &) {
        reach("bad pointer");
    }
}

// More than any packet may have.
constexpr std::size_t fds_sent_max = 128;
static_assert(fds_sent_max > control::packet_fds_max + 1);

void send_raw(int socket, const uint8_t *data, size_t size, std::size_t fds)
{
    std::array<char, CMSG_SPACE(sizeof(int) * fds_sent_max)> space{};
    iovec vector = {const_cast<uint8_t *>(data), size};
    msghdr head = {};
    head.msg_iov = &vector;
    head.msg_iovlen = 1;
    if (fds > 0) {
        const std::array<int, fds_sent_max> all{};
        head.msg_control = space.data();
        head.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
        cmsghdr *rights = CMSG_FIRSTHDR(&head);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int) * fds);
        std::memcpy(CMSG_DATA(rights), all.data(), sizeof(int) * fds);
    }
    require(sendmsg(socket, &head, MSG_DONTWAIT) == static_cast<ssize_t>(size), "it is sent");
}

const std::pair<UniqueFd, UniqueFd> &sockets()
{
    static const std::pair<UniqueFd, UniqueFd> pair = [] {
        Result<std::pair<UniqueFd, UniqueFd>> made = control::make_socket_pair();
        require(made.has_value(), "sockets are made");
        return std::move(*made);
    }();
    return pair;
}

} // namespace

const std::vector<Goal> &goals()
{
    return reached;
}

} // namespace paravane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    using namespace paravane;
    using namespace paravane::fuzz;
    if (size < 2 || size - 1 > control::packet_bytes_max)
        return 0;
    const auto &[ours, theirs] = sockets();
    const std::size_t before = open_descriptors();
    const std::size_t fds = data[0] % fds_sent_max;
    send_raw(theirs.get(), data + 1, size - 1, fds);
    {
        Result<Packet> packet = Packet::receive(ours.get());
        require(!packet || fds <= control::packet_fds_max, "too many descriptors are refused");
        if (packet) {
            require(packet->fd_count() == fds, "all descriptors arrive");
            const UniqueFd one = packet->take_fd(0);
            require(!packet->take_fd(fds), "there are no more");
            read_all<ToDomain>(*packet);
            read_all<FromDomain>(*packet);
            read_all<ToBackend>(*packet);
            read_all<FromBackend>(*packet);
        } else {
            require(packet.error().text.find('\n') == std::string::npos, "a problem is one line");
            reach(fds > control::packet_fds_max ? "too many descriptors" : "no message");
        }
    }
    require(open_descriptors() == before, "no descriptor stays");
    return 0;
}
