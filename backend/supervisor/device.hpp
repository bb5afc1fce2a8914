// SPDX-License-Identifier: Apache-2.0
//
// The life cycle of a device's host half: offers it in the store, connects whoever claims it to a backend
// process, and starts another one when that dies. The same for all kinds of devices.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/store/store.hpp"
#include "backend/supervisor/backend_process.hpp"
#include "backend/supervisor/claim.hpp"
#include "backend/supervisor/device_directory.hpp"
#include "backend/supervisor/device_ends.hpp"
#include "backend/supervisor/device_kind.hpp"
#include "backend/supervisor/domain_link.hpp"
#include "backend/supervisor/signal.hpp"

namespace paravane {

// What devices of one guest share; it outlives them.
struct DeviceSurroundings {
    boost::asio::io_context &loop;
    Store &store;
    DomainLink &domain;
    DomainId guest;
    std::function<void(std::string_view)> tell; // whoever watches the guest, in a sentence
    uint32_t last_backend = 0;                  // given to a backend process
};

class Device final : ChangeSink {
  public:
    // The ends outlive it.
    Device(DeviceSurroundings &around, const DeviceKind &kind, uint32_t number, DeviceEnds &ends);
    ~Device();

    // Offers it, and begins to serve. The Problem: the store has no room.
    [[nodiscard]] Result<void> offer();
    // Tells the guest what it is like, once more: something has changed.
    void publish_properties();
    // Ends the connection, what is on its way finished. Then `epoch` is that of the next one.
    boost::asio::awaitable<void> suspend(uint64_t epoch);
    void resume();
    // The same, for ever. Comes back when the last process is dead.
    boost::asio::awaitable<void> close();
    // At once: what is on its way is lost.
    void abandon();

    // The guest takes back what this process holds, and has waited long enough.
    void overdue(BackendNumber backend);
    [[nodiscard]] std::string name() const;

  private:
    using Clock = Signal::Clock;
    enum class End : uint8_t { closed, refused, died, stopped };

    void on_change(uint64_t cookie, const SharedPath &path) override;
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> await_claim();
    boost::asio::awaitable<void> connect();
    boost::asio::awaitable<void> refuse(const std::string &why);
    boost::asio::awaitable<End> run_processes(const Claim &claim, std::vector<PortEnds> ports);
    boost::asio::awaitable<End> run_process(const Claim &claim, const std::vector<PortEnds> &ports,
                                            bool resumed);
    boost::asio::awaitable<void> watch_over(BackendProcess &process);
    boost::asio::awaitable<void> slow_down();

    [[nodiscard]] bool claimed() const;
    [[nodiscard]] bool to_stop() const { return stopping_ || suspended_; }

    DeviceSurroundings &around_;
    DeviceKind kind_;
    uint32_t number_;
    DeviceEnds &ends_;
    DeviceDirectory directory_;
    uint64_t epoch_ = 1;
    Signal changed_;
    Signal idle_; // no process, and none is to be started
    bool serving_ = false;
    bool stopping_ = false;
    bool suspended_ = false;
    bool abandoned_ = false;
    bool asked_ = false; // the process, to disconnect
    Clock::time_point stop_deadline_ = Clock::time_point::max();
    bool at_rest_ = true;                  // suspended or stopped, and nothing of it left
    std::deque<Clock::time_point> starts_; // the latest ones
    Clock::time_point not_before_;         // the next claim is looked at
    BackendNumber backend_;
    std::shared_ptr<BackendProcess> process_;
    std::string refusal_;
    std::string death_; // of the last process, in words
};

} // namespace paravane
