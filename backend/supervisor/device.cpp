// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/device.hpp"

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace paravane {

namespace asio = boost::asio;

namespace {

// And so long, at most, is one after the other asked at the end.
constexpr std::chrono::seconds stop_time{10};
// So often at most is a guest heard, and its watcher told, that is refused again and again.
constexpr std::chrono::seconds refusal_time{1};

} // namespace

Device::Device(DeviceSurroundings &around, const DeviceKind &kind, uint32_t number,
               DeviceEnds &ends)
    : around_(around), kind_(kind), number_(number), ends_(ends),
      directory_(around.store, kind.name, around.guest, number), changed_(around.loop),
      idle_(around.loop)
{
}

Device::~Device()
{
    if (process_)
        process_->bury();
}

std::string Device::name() const
{
    return std::string(kind_.name) + " " + std::to_string(number_);
}

void Device::publish_properties()
{
    for (const DeviceProperty &property : ends_.properties())
        directory_.publish(property.key, property.value);
}

Result<void> Device::offer()
{
    if (Result<void> made = directory_.make(); !made)
        return made;
    directory_.publish(PV_DEVICE_VERSION_MIN, std::to_string(kind_.offer.version_min));
    directory_.publish(PV_DEVICE_VERSION, std::to_string(kind_.offer.version));
    directory_.publish(PV_DEVICE_FEATURES, std::to_string(kind_.offer.features));
    publish_properties();
    if (Result<void> watched = directory_.watch(*this); !watched)
        return watched;
    serving_ = true;
    at_rest_ = false;
    asio::co_spawn(around_.loop, serve(), asio::detached);
    return {};
}

void Device::on_change(uint64_t /*cookie*/, const SharedPath & /*path*/)
{
    changed_.raise();
}

bool Device::claimed() const
{
    const uint32_t state = read_state(around_.store, directory_.front());
    return state == PV_DEVICE_INITIALISED || state == PV_DEVICE_CONNECTED;
}

asio::awaitable<void> Device::serve()
{
    while (!stopping_) {
        if (suspended_) {
            at_rest_ = true;
            idle_.raise();
            co_await changed_.wait();
            continue;
        }
        at_rest_ = false;
        directory_.publish(PV_DEVICE_EPOCH, std::to_string(epoch_));
        directory_.publish_state(PV_DEVICE_INIT_WAIT);
        co_await await_claim();
        if (!to_stop())
            co_await connect();
    }
    directory_.publish_state(PV_DEVICE_CLOSED);
    at_rest_ = true;
    serving_ = false;
    idle_.raise();
}

// A claim of another epoch is one that its frontend is about to take back.
asio::awaitable<void> Device::await_claim()
{
    while (!to_stop() && Clock::now() < not_before_)
        (void)co_await changed_.wait_until(not_before_);
    while (!to_stop() && (read_state(around_.store, directory_.front()) != PV_DEVICE_INITIALISED ||
                          read_epoch(around_.store, directory_.front()) != epoch_))
        co_await changed_.wait();
}

// From a claim to the end of its connection, when the frontend has seen that end.
asio::awaitable<void> Device::connect()
{
    Result<Claim> claim = read_claim(around_.store, directory_.front(), kind_);
    if (!claim) {
        co_await refuse(claim.error().text);
        co_return;
    }
    std::vector<PortEnds> ports;
    std::string problem;
    for (const Port port : claim->ports) {
        Result<PortEnds> bound = co_await around_.domain.bind(port);
        if (!bound) {
            problem = "port " + std::to_string(port.value) + ": " + bound.error().text;
            break;
        }
        ports.push_back(std::move(*bound));
    }
    const std::size_t bound = ports.size();
    End end = End::refused;
    if (problem.empty()) {
        end = co_await run_processes(*claim, std::move(ports));
        problem = refusal_;
    }
    for (std::size_t port = 0; port < bound; port++)
        around_.domain.unbind(claim->ports[port]);
    if (end == End::stopped || stopping_)
        co_return; // with its guest gone, there is nobody to be refused
    if (end == End::closed) {
        directory_.publish_state(PV_DEVICE_CLOSED);
        while (!to_stop() && claimed())
            co_await changed_.wait();
        co_return;
    }
    co_await refuse(problem);
}

// Until the frontend has taken back its claim.
asio::awaitable<void> Device::refuse(const std::string &why)
{
    around_.tell("the guest has lost " + name() + ": " + why);
    not_before_ = Clock::now() + refusal_time;
    directory_.publish(PV_DEVICE_ERROR, why);
    directory_.publish_state(PV_DEVICE_CLOSING);
    directory_.publish_state(PV_DEVICE_CLOSED);
    while (!to_stop() && claimed())
        co_await changed_.wait();
}

asio::awaitable<void> Device::suspend(uint64_t epoch)
{
    suspended_ = true;
    stop_deadline_ = Clock::now() + stop_time;
    changed_.raise();
    while (serving_ && !at_rest_)
        co_await idle_.wait();
    epoch_ = epoch;
}

void Device::resume()
{
    suspended_ = false;
    // What the frontend claimed was of the epoch before.
    changed_.raise();
}

asio::awaitable<void> Device::close()
{
    stopping_ = true;
    stop_deadline_ = Clock::now() + stop_time;
    changed_.raise();
    while (serving_)
        co_await idle_.wait();
}

void Device::abandon()
{
    abandoned_ = true;
    ends_.abandon();
    changed_.raise();
}

void Device::overdue(BackendNumber backend)
{
    if (process_ && backend == backend_)
        process_->kill();
}

} // namespace paravane
