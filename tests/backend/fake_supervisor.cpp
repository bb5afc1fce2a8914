// SPDX-License-Identifier: Apache-2.0
#include "fake_supervisor.hpp"

#include <array>
#include <csignal>
#include <system_error>

#include <capnp/message.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "backend/console/log.hpp"
#include "hypercall/control/packet.hpp"

namespace paravane::backend_test {

namespace {

constexpr int patience = 5000; // ms

std::pair<UniqueFd, UniqueFd> make_pipe()
{
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void tell(capnp::MessageBuilder &message, const FakeGuest &guest, const ConnectWords &words)
{
    auto connect = message.initRoot<control::ToBackend>().initConnect();
    std::vector<RingPlace> rings = words.rings;
    if (rings.empty())
        rings = {{output_grant, 0, guest.ring_bytes}, {input_grant, 0, guest.ring_bytes}};
    connect.setDomain(7);
    connect.setVersion(words.version);
    connect.setFeatures(words.features);
    connect.setEpoch(1);
    connect.setPorts(words.ports);
    connect.setArenaBase(words.base);
    connect.setResumed(words.resumed);
    auto list = connect.initRings(static_cast<unsigned int>(rings.size()));
    for (unsigned int i = 0; i < rings.size(); i++) {
        list[i].setGrant(rings[i].grant);
        list[i].setOffset(rings[i].offset);
        list[i].setSize(rings[i].size);
    }
}

bool comes(int fd, int milliseconds)
{
    pollfd waited = {fd, POLLIN, 0};
    return poll(&waited, 1, milliseconds) == 1;
}

} // namespace

void Console::start()
{
    // Whoever types to a process that has died is told by an error.
    std::signal(SIGPIPE, SIG_IGN);
    auto sockets = control::make_socket_pair();
    ASSERT_TRUE(sockets.has_value());
    socket_ = std::move(sockets->first);
    Result<Child> child = Child::start(PARAVANE_CONSOLE, std::move(sockets->second));
    ASSERT_TRUE(child.has_value()) << child.error().text;
    child_ = std::move(*child);
}

Console::Console(Silent /*unused*/)
{
    start();
}

Console::Console(const FakeGuest &guest, const ConnectWords &words, const SharedMemory *log)
{
    std::error_code error;
    if (log == nullptr)
        log_ = SharedMemory::create(sizeof(console::Log), SharedMemory::Pages::normal, error);
    EXPECT_FALSE(error) << error.message();
    UniqueFd theirs_to_write;
    UniqueFd theirs_to_read;
    std::tie(reading_, theirs_to_write) = make_pipe();
    std::tie(theirs_to_read, typing_) = make_pipe();
    start();
    std::vector<int> fds = {guest.arena.fd(),
                            guest.table_to_read.get(),
                            guest.pins.area(),
                            guest.pins.unpinned(),
                            guest.doorbell.get(),
                            guest.event.get(),
                            log == nullptr ? log_.fd() : log->fd(),
                            theirs_to_write.get(),
                            theirs_to_read.get()};
    if (words.edit_descriptors)
        words.edit_descriptors(fds);
    capnp::MallocMessageBuilder message;
    tell(message, guest, words);
    EXPECT_TRUE(control::send_packet(socket_.get(), message, fds).has_value());
}

std::string Console::hear(int milliseconds) const
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

void Console::say_disconnect() const
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToBackend>().setDisconnect();
    EXPECT_TRUE(control::send_packet(socket_.get(), message).has_value());
}

void Console::say_connect() const
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::ToBackend>().initConnect();
    EXPECT_TRUE(control::send_packet(socket_.get(), message).has_value());
}

void Console::say(std::string_view bytes) const
{
    EXPECT_EQ(send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
}

bool Console::ended() const
{
    return comes(child_.descriptor(), 0);
}

bool Console::ends() const
{
    return comes(child_.descriptor(), patience);
}

std::string Console::output() const
{
    std::string text(65536, '\0');
    const ssize_t got = ::read(reading_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

std::string Console::output(std::size_t bytes) const
{
    std::string text;
    while (text.size() < bytes && comes(reading_.get(), patience)) {
        const std::string more = output();
        if (more.empty())
            break;
        text += more;
    }
    return text;
}

std::size_t Console::type(std::string_view text) const
{
    const ssize_t put = ::write(typing_.get(), text.data(), text.size());
    return put > 0 ? static_cast<std::size_t>(put) : 0;
}

} // namespace paravane::backend_test
