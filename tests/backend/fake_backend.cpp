// SPDX-License-Identifier: Apache-2.0
#include "fake_backend.hpp"

#include <csignal>
#include <ctime>
#include <fstream>

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "generated/control/backend.capnp.h"
#include "hypercall/control/packet.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

namespace {

bool comes(int fd, int milliseconds)
{
    pollfd waited = {fd, POLLIN, 0};
    return poll(&waited, 1, milliseconds) == 1;
}

} // namespace

void FakeBackend::start(const std::string &program, std::span<const int> inherited)
{
    // Whoever writes to a process that has died is told by an error.
    std::signal(SIGPIPE, SIG_IGN);
    auto sockets = control::make_socket_pair();
    ASSERT_TRUE(sockets.has_value());
    socket_ = std::move(sockets->first);
    Result<Child> child = Child::start(program, std::move(sockets->second), {inherited, {}});
    ASSERT_TRUE(child.has_value()) << child.error().text;
    child_ = std::move(*child);
}

void FakeBackend::connect(const Parts &parts, const ConnectWords &words) const
{
    capnp::MallocMessageBuilder message;
    auto connect = message.initRoot<control::ToBackend>().initConnect();
    const std::vector<RingPlace> &rings = words.rings.empty() ? parts.rings : words.rings;
    connect.setDomain(7);
    connect.setVersion(words.version);
    connect.setFeatures(words.features.value_or(parts.features));
    connect.setEpoch(1);
    connect.setPorts(words.ports.value_or(static_cast<uint32_t>(parts.ports.size())));
    connect.setArenaBase(words.base);
    connect.setResumed(words.resumed);
    auto list = connect.initRings(static_cast<unsigned int>(rings.size()));
    for (unsigned int i = 0; i < rings.size(); i++) {
        list[i].setGrant(rings[i].grant);
        list[i].setOffset(rings[i].offset);
        list[i].setSize(rings[i].size);
    }
    std::vector<int> fds = {parts.domain.arena.fd(), parts.domain.table_to_read.get(),
                            parts.domain.pins.area(), parts.domain.pins.unpinned()};
    for (const FakePort *port : parts.ports) {
        fds.push_back(port->doorbell.get());
        fds.push_back(port->event.get());
    }
    fds.insert(fds.end(), parts.own.begin(), parts.own.end());
    if (words.edit_descriptors)
        words.edit_descriptors(fds);
    EXPECT_TRUE(control::send_packet(socket_.get(), message, fds).has_value());
}

std::string FakeBackend::hear(int milliseconds) const
{
    if (!comes(socket_.get(), milliseconds))
        return "nothing";
    Result<control::Packet> packet = control::Packet::receive(socket_.get());
    if (!packet)
        return "gone";
    const auto message = packet->root<control::FromBackend>();
    switch (message.which()) {
    case control::FromBackend::CONNECTED:
        return "connected";
    case control::FromBackend::REFUSED:
        return "refused: " + std::string(message.getRefused().cStr());
    case control::FromBackend::DISCONNECTED:
        return "disconnected";
    }
    return "nonsense";
}

void FakeBackend::say_disconnect() const
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToBackend>().setDisconnect();
    EXPECT_TRUE(control::send_packet(socket_.get(), message).has_value());
}

void FakeBackend::say_connect() const
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToBackend>().initConnect();
    EXPECT_TRUE(control::send_packet(socket_.get(), message).has_value());
}

void FakeBackend::say(std::string_view bytes) const
{
    EXPECT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
}

bool FakeBackend::ends(int milliseconds) const
{
    return comes(child_.descriptor(), milliseconds);
}

uint64_t FakeBackend::processor_time() const
{
    clockid_t clock = 0;
    EXPECT_EQ(clock_getcpuclockid(pid(), &clock), 0);
    return clock_ns(clock);
}

std::string status_of(pid_t pid, const std::string &key)
{
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0)
            return line.substr(line.find_first_not_of(" \t", key.size() + 1));
    }
    return "";
}

} // namespace paravane::backend_test
