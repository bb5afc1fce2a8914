// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/device.hpp"

#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <capnp/message.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

// A backend that has died so often in such a time will die again.
constexpr std::size_t starts_max = 8;
constexpr std::chrono::seconds starts_time{10};
// A process that takes longer is not going to.
constexpr std::chrono::seconds connect_time{10};
constexpr std::chrono::seconds disconnect_time{5};
// And so long, at most, is one after the other asked at the end.
constexpr std::chrono::seconds stop_time{10};
// So often at most is a guest heard, and its watcher told, that is refused again and again.
constexpr std::chrono::seconds refusal_time{1};

} // namespace

Device::Device(DeviceSurroundings &around, const DeviceKind &kind, uint32_t number,
               DeviceEnds &ends)
    : around_(around), kind_(kind), number_(number), ends_(ends),
      front_(StorePath::home(around.guest).text() + "/device/" + kind.name + "/" +
             std::to_string(number)),
      back_(StorePath::home(host_domain).text() + "/backend/" + kind.name + "/" +
            std::to_string(around.guest.value) + "/" + std::to_string(number)),
      changed_(around.loop), idle_(around.loop)
{
}

Device::~Device()
{
    if (watch_)
        around_.store.unwatch(*watch_);
    if (process_)
        process_->bury();
    if (const Answer<StorePath> path = StorePath::parse(back_, host_domain); path)
        (void)around_.store.remove({host_domain}, *path);
}

std::string Device::name() const
{
    return std::string(kind_.name) + " " + std::to_string(number_);
}

void Device::publish(std::string_view key, const std::string &value)
{
    const Answer<StorePath> path = StorePath::parse(back_ + "/" + std::string(key), host_domain);
    // The host has no quota; what else could fail is the guest's removal of a directory of its own.
    if (path)
        (void)around_.store.write({host_domain}, *path, value);
}

void Device::publish_state(pv_device_state state)
{
    publish(PV_DEVICE_STATE, std::to_string(state));
}

Result<void> Device::offer()
{
    Store &store = around_.store;
    const Answer<StorePath> front = StorePath::parse(front_, host_domain);
    const Answer<StorePath> link = StorePath::parse(front_ + "/" PV_DEVICE_BACKEND, host_domain);
    const Answer<StorePath> back = StorePath::parse(back_, host_domain);
    const StorePermissions guests = {around_.guest, 0, {}};
    const StorePermissions shown = {host_domain, 0, {{around_.guest, PV_STORE_RIGHT_READ}}};

    const bool made = front && link && back && store.mkdir({host_domain}, *back) &&
                      store.set_permissions({host_domain}, *back, shown) &&
                      store.mkdir({host_domain}, *front) &&
                      store.set_permissions({host_domain}, *front, guests) &&
                      store.write({host_domain}, *link, back_) &&
                      store.set_permissions({host_domain}, *link, shown);
    if (!made)
        return Problem{"the store has no room for " + name()};
    publish(PV_DEVICE_VERSION_MIN, std::to_string(kind_.offer.version_min));
    publish(PV_DEVICE_VERSION, std::to_string(kind_.offer.version));
    publish(PV_DEVICE_FEATURES, std::to_string(kind_.offer.features));
    const Answer<WatchId> watch = store.watch(host_domain, *front, 0, *this);
    if (!watch)
        return Problem{"the store has no room for a watch of " + name()};
    watch_ = *watch;
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
    const uint32_t state = read_state(around_.store, front_);
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
        publish(PV_DEVICE_EPOCH, std::to_string(epoch_));
        publish_state(PV_DEVICE_INIT_WAIT);
        co_await await_claim();
        if (!to_stop())
            co_await connect();
    }
    publish_state(PV_DEVICE_CLOSED);
    at_rest_ = true;
    serving_ = false;
    idle_.raise();
}

// A claim of another epoch is one that its frontend is about to take back.
asio::awaitable<void> Device::await_claim()
{
    while (!to_stop() && Clock::now() < not_before_)
        (void)co_await changed_.wait_until(not_before_);
    while (!to_stop() && (read_state(around_.store, front_) != PV_DEVICE_INITIALISED ||
                          read_epoch(around_.store, front_) != epoch_))
        co_await changed_.wait();
}

// From a claim to the end of its connection, when the frontend has seen that end.
asio::awaitable<void> Device::connect()
{
    Result<Claim> claim = read_claim(around_.store, front_, kind_);
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
        publish_state(PV_DEVICE_CLOSED);
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
    publish(PV_DEVICE_ERROR, why);
    publish_state(PV_DEVICE_CLOSING);
    publish_state(PV_DEVICE_CLOSED);
    while (!to_stop() && claimed())
        co_await changed_.wait();
}

asio::awaitable<Device::End> Device::run_processes(const Claim &claim, std::vector<PortEnds> ports)
{
    bool resumed = false;
    End end = End::died;

    refusal_.clear();
    for (;;) {
        co_await slow_down();
        // One that died on its way to the end did not come there.
        if (to_stop() && (!resumed || abandoned_ || Clock::now() >= stop_deadline_))
            co_return End::stopped;
        end = co_await run_process(claim, ports, resumed);
        if (end != End::died)
            co_return end;
        if (abandoned_)
            co_return End::stopped;
        if (starts_.size() >= starts_max) {
            refusal_ = "its backend dies again and again";
            co_return End::refused;
        }
        around_.tell("the backend of " + name() + " " + death_ + "; another takes over");
        resumed = true;
    }
}

// Whoever has started many processes in a short time waits.
asio::awaitable<void> Device::slow_down()
{
    const auto expire = [this] {
        while (!starts_.empty() && Clock::now() - starts_.front() > starts_time)
            starts_.pop_front();
    };
    expire();
    while (!to_stop() && starts_.size() >= starts_max) {
        (void)co_await changed_.wait_until(starts_.front() + starts_time);
        expire();
    }
    starts_.push_back(Clock::now());
}

asio::awaitable<Device::End> Device::run_process(const Claim &claim,
                                                 const std::vector<PortEnds> &ports, bool resumed)
{
    backend_ = {++around_.last_backend};
    Result<Attachment> attachment = co_await around_.domain.attach(backend_);
    if (!attachment) {
        refusal_ = attachment.error().text;
        co_return End::refused;
    }
    Result<std::vector<int>> own = ends_.prepare(resumed);
    if (!own) {
        around_.domain.detach(backend_);
        refusal_ = own.error().text;
        co_return End::refused;
    }

    capnp::MallocMessageBuilder message;
    auto connect = message.initRoot<control::ToBackend>().initConnect();
    connect.setDomain(around_.guest.value);
    connect.setVersion(claim.terms.version);
    connect.setFeatures(claim.terms.features);
    connect.setEpoch(epoch_);
    auto rings = connect.initRings(static_cast<unsigned>(claim.rings.size()));
    for (unsigned ring = 0; ring < rings.size(); ring++) {
        rings[ring].setGrant(claim.rings[ring].grant);
        rings[ring].setOffset(claim.rings[ring].offset);
        rings[ring].setSize(claim.rings[ring].size);
    }
    connect.setPorts(static_cast<uint32_t>(ports.size()));
    connect.setArenaBase(attachment->arena_base);
    connect.setResumed(resumed);
    std::vector<int> fds = {attachment->arena.get(), attachment->grant_table.get(),
                            attachment->pins.get(), attachment->unpinned.get()};
    for (const PortEnds &port : ports) {
        fds.push_back(port.doorbell.get());
        fds.push_back(port.event.get());
    }
    fds.insert(fds.end(), own->begin(), own->end());

    Result<std::shared_ptr<BackendProcess>> started =
        BackendProcess::start(around_.loop, kind_.program, message, fds, changed_);
    ends_.started();
    End end = End::refused;
    if (started) {
        process_ = *started;
        co_await watch_over(*process_);
        refusal_ = process_->refusal();
        const bool over = asked_ && process_->disconnected();
        death_ = process_->bury();
        process_.reset();
        end = !refusal_.empty() ? End::refused
              : !over           ? End::died
              : to_stop()       ? End::stopped
                                : End::closed;
    } else {
        refusal_ = started.error().text;
    }
    // Its end is the fence: none of its I/O goes on without it.
    around_.domain.detach(backend_);
    co_await ends_.finish();
    co_return end;
}

// Until the process has ended, or is to.
asio::awaitable<void> Device::watch_over(BackendProcess &process)
{
    std::optional<Clock::time_point> deadline = Clock::now() + connect_time;
    bool told = false;

    asked_ = false;
    while (!process.ended() && process.refusal().empty() && !abandoned_) {
        if (process.connected() && !told) {
            told = true;
            deadline.reset();
            publish_state(PV_DEVICE_CONNECTED);
        }
        if (!asked_ && (to_stop() || !claimed())) {
            asked_ = true;
            deadline = Clock::now() + disconnect_time;
            publish_state(PV_DEVICE_CLOSING);
            process.disconnect();
        }
        const bool in_time =
            co_await changed_.wait_until(deadline.value_or(Clock::time_point::max()));
        if (!in_time)
            co_return;
    }
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
    changed_.raise();
}

void Device::overdue(BackendNumber backend)
{
    if (process_ && backend == backend_)
        process_->kill();
}

} // namespace paravane
