// SPDX-License-Identifier: Apache-2.0
//
// A device's host half with everything around it but a guest: a store, a domain process that this process
// plays, and a frontend that is a few writes into the store.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <capnp/message.h>

#include "backend/supervisor/device.hpp"
#include "tests/supervisor/behaviour.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane {

// Counts what was asked of it, and gives memory that nothing lies in.
class FakeDomain {
  public:
    FakeDomain(boost::asio::io_context &loop, UniqueFd socket) : channel_(loop, std::move(socket))
    {
        boost::asio::co_spawn(loop, serve(), boost::asio::detached);
    }

    std::vector<uint32_t> bound;
    std::vector<uint32_t> unbound;
    std::vector<uint32_t> attached;
    std::vector<uint32_t> detached;
    uint32_t no_such_port = 0;
    bool mute = false;

  private:
    boost::asio::awaitable<void> serve()
    {
        for (;;) {
            Result<control::Packet> packet = co_await channel_.receive();
            if (!packet)
                co_return;
            const auto message = packet->root<control::ToDomain>();
            if (message.isBindPort())
                bind(message.getBindPort());
            else if (message.isAttach())
                attach(message.getAttach().getBackend());
            else if (message.isUnbindPort())
                unbound.push_back(message.getUnbindPort().getPort());
            else if (message.isDetach())
                detached.push_back(message.getDetach().getBackend());
        }
    }

    void bind(control::PortRequest::Reader wanted)
    {
        capnp::MallocMessageBuilder message;
        auto answer = message.initRoot<control::FromDomain>().initBound();
        const UniqueFd doorbell(eventfd(0, EFD_CLOEXEC));
        const UniqueFd event(eventfd(0, EFD_CLOEXEC));

        bound.push_back(wanted.getPort());
        answer.setSerial(wanted.getSerial());
        if (wanted.getPort() == no_such_port)
            answer.setProblem("there is no such port");
        const std::array fds = {doorbell.get(), event.get()};
        (void)channel_.send(message, fds);
    }

    void attach(uint32_t backend)
    {
        std::error_code error;
        capnp::MallocMessageBuilder message;
        auto answer = message.initRoot<control::FromDomain>().initAttached();
        const SharedMemory memory = SharedMemory::create(4096, SharedMemory::Pages::normal, error);
        const UniqueFd unpinned(eventfd(0, EFD_CLOEXEC));

        attached.push_back(backend);
        answer.setBackend(backend);
        answer.setArenaBase(0x1000);
        const std::array fds = {memory.fd(), memory.fd(), memory.fd(), unpinned.get()};
        if (!mute)
            (void)channel_.send(message, fds);
    }

    control::Channel channel_;
};

// Nothing beside the process itself but what a test wants.
class FakeEnds final : public DeviceEnds {
  public:
    explicit FakeEnds(boost::asio::io_context &loop) : drained(loop) {}

    [[nodiscard]] std::vector<DeviceProperty> properties() const override { return shown; }
    [[nodiscard]] Result<std::vector<int>> prepare(const Claim &claim, bool resumed) override
    {
        prepared.push_back(resumed);
        claims.push_back(claim);
        if (!problem.empty())
            return Problem{problem};
        return std::vector<int>{};
    }
    [[nodiscard]] std::vector<int> inherited() const override { return left; }
    void started() override {}
    [[nodiscard]] boost::asio::awaitable<std::string>
    drain(Signal::Clock::time_point /*ended*/) override
    {
        draining = true;
        while (holds)
            co_await drained.wait();
        co_return words;
    }
    [[nodiscard]] boost::asio::awaitable<void> finish() override
    {
        finished++;
        done += useful ? 1 : 0;
        co_return;
    }
    [[nodiscard]] uint64_t progress() const override { return done; }
    void abandon() override { release(); }
    void release()
    {
        holds = false;
        drained.raise();
    }

    std::vector<bool> prepared; // with what they were told
    std::vector<Claim> claims;
    std::size_t finished = 0;
    bool useful = false; // each process has done something before it dies
    uint64_t done = 0;
    std::vector<DeviceProperty> shown;
    std::string problem;   // not empty: why nothing is prepared
    std::vector<int> left; // inherited
    bool holds = false;    // drain() does not come back
    bool draining = false;
    std::string words; // of the drain
    Signal drained;
};

class DeviceFixture : public testing::Test {
  protected:
    static constexpr DomainId guest{7};

    explicit DeviceFixture(const std::string &name = "thing")
        : front("/domain/7/device/" + name + "/0/"), back("/domain/0/backend/" + name + "/7/0/")
    {
    }

    void SetUp() override
    {
        Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
        ASSERT_TRUE(sockets);
        channel = std::make_unique<control::Channel>(loop, std::move(sockets->first));
        domain = std::make_unique<FakeDomain>(loop, std::move(sockets->second));
        link = std::make_unique<DomainLink>(loop, *channel);
        boost::asio::co_spawn(loop, listen(), boost::asio::detached);
        around = std::make_unique<DeviceSurroundings>(DeviceSurroundings{
            loop, store, *link, guest, [this](std::string_view text) { told.emplace_back(text); }});
        ASSERT_TRUE(store.introduce(guest));
        make_device();
    }

    // Once more, for what differs from what SetUp() has made.
    virtual void make_device()
    {
        forget_device();
        device = std::make_unique<Device>(*around, kind, 0, ends);
        ASSERT_TRUE(device->offer());
    }

    void forget_device()
    {
        if (device) {
            EXPECT_TRUE(run(device->close()));
        }
        device.reset();
        (void)store.remove({host_domain},
                           *StorePath::parse(front.substr(0, front.size() - 1), host_domain));
    }

    // Turns the loop until it is so, or for ten seconds.
    bool until(const std::function<bool()> &so)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!so() && std::chrono::steady_clock::now() < deadline) {
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(20));
        }
        return so();
    }

    // Long enough for what must not happen.
    void turn()
    {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(100));
    }

    void as_guest(const std::string &key, const std::string &value)
    {
        ASSERT_TRUE(store.write({guest}, *StorePath::parse(front + key, guest), value)) << key;
    }

    std::string of_backend(const std::string &key)
    {
        const Answer<std::string_view> value =
            store.read({guest}, *StorePath::parse(back + key, guest));
        return value ? std::string(*value) : "(none)";
    }

    bool state_is(pv_device_state state) { return of_backend("state") == std::to_string(state); }
    bool becomes(pv_device_state state)
    {
        return until([&] { return state_is(state); });
    }

    // All that a frontend says to be connected, with one ring and one port.
    void claim(uint32_t size = behaviour::serves, const std::string &epoch = "1")
    {
        as_guest("version", "2");
        as_guest("features", "1");
        as_guest("epoch", epoch);
        as_guest("ring-0", "1 0 " + std::to_string(size));
        as_guest("port-0", "3");
        as_guest("state", std::to_string(PV_DEVICE_INITIALISED));
    }

    boost::asio::awaitable<void> listen()
    {
        for (;;) {
            Result<control::Packet> packet = co_await channel->receive();
            if (!packet)
                co_return;
            const auto message = packet->root<control::FromDomain>();
            if (message.isBound())
                link->bound(message.getBound(), *packet);
            else
                link->attached(message.getAttached(), *packet);
        }
    }

    // Runs it to its end.
    bool run(boost::asio::awaitable<void> what)
    {
        bool done = false;
        boost::asio::co_spawn(loop, std::move(what),
                              [&done](const std::exception_ptr &) { done = true; });
        return until([&] { return done; });
    }

    const DeviceKind kind = {"thing", "paravane-test-backend", {1, 3, 5}, 1, 2, 1, 2};
    const std::string front; // directories
    const std::string back;
    boost::asio::io_context loop{1};
    Store store;
    std::vector<std::string> told;
    std::unique_ptr<control::Channel> channel;
    std::unique_ptr<FakeDomain> domain;
    std::unique_ptr<DomainLink> link;
    std::unique_ptr<DeviceSurroundings> around;
    FakeEnds ends{loop};
    std::unique_ptr<Device> device;
};

} // namespace paravane
