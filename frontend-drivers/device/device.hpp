// SPDX-License-Identifier: Apache-2.0
//
// A frontend's half of a device's life: it finds its backend in the store, agrees with it, connects, and
// does so again when the backend went away, the connection's epoch has passed, or the guest was
// suspended. Used by the first vCPU alone. Nothing here waits but for the store.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "frontend-drivers/device/driver.hpp"
#include "frontend-drivers/device/life_cycle.hpp"
#include "frontend-drivers/device/values.hpp"
#include "frontend-drivers/device/wiring.hpp"
#include "frontend-drivers/keel/timers.hpp"
#include "frontend-drivers/store/client.hpp"

namespace keel::device {

class Device {
  public:
    // The kind's text and the driver must last as long. There is nothing in the store before it is opened.
    Device(std::string_view kind, uint32_t number, const pv_device_offer &offer, Driver &driver);
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;
    // The backend finds the connection gone.
    ~Device();

    // Connects as soon as there is a backend, and again whenever that is needed.
    void open();
    // Ends the connection in good order; closed() tells when that is done.
    void close();
    // For a driver whose backend has broken a rule: ends the connection, and makes another after a while.
    void reopen();

    [[nodiscard]] bool connected() const { return phase_ == Phase::connected; }
    [[nodiscard]] bool closed() const { return phase_ == Phase::closed; }
    // The host has such a device for this guest. Known after the first look.
    [[nodiscard]] bool present() const { return present_; }
    // How many connections there were.
    [[nodiscard]] uint64_t connections() const { return connections_; }
    [[nodiscard]] const pv_device_terms &terms() const { return terms_; }
    [[nodiscard]] uint64_t epoch() const { return epoch_; }
    // Why the last attempt came to nothing; empty where it did not.
    [[nodiscard]] std::string_view problem() const { return problem_.text(); }

    // The guest was suspended: no connection of any device is worth anything any more.
    static void all_resumed();

  private:
    static void on_change(void *device, const store::Change &change);
    static void on_timer(void *device);

    // What there is to do is done by a timer: store calls turn the event loop, which handlers must not.
    void wake();
    void look();
    // True: look again at once.
    [[nodiscard]] bool step();
    // False: the host names none.
    [[nodiscard]] bool find_backend();
    void watch_backend();
    void unwatch(store::Watch &watch);
    [[nodiscard]] Backend read_backend();

    [[nodiscard]] bool connect();
    // Lets the driver read what the backend's directory says.
    [[nodiscard]] bool learn();
    [[nodiscard]] bool read_offer(store::Transaction transaction, pv_device_offer &offer,
                                  uint64_t &epoch);
    [[nodiscard]] store::Error tell(store::Transaction transaction);
    void start();
    void rebuild();
    void finish(bool after_failure);
    // Takes everything back that was shared, and lets the driver have its last look.
    void part();
    void fail(std::string_view why);
    void read_refusal();
    void enter(Phase phase);

    [[nodiscard]] bool read_number(std::string_view path, store::Transaction transaction,
                                   uint64_t most, uint64_t &number);

    std::string_view kind_;
    uint32_t number_;
    pv_device_offer offer_;
    Driver &driver_;

    Directory own_;
    Directory backend_;
    store::Watch own_watch_;
    store::Watch backend_watch_;
    bool watching_ = false;         // that the backend's directory is named
    bool watching_backend_ = false; // what it holds
    bool present_ = false;

    Phase phase_ = Phase::closed;
    bool wanted_ = false;  // open, so that what is closed is opened again
    bool broken_ = false;  // the driver wants another connection
    bool resumed_ = false; // whatever is shared is worth nothing
    bool looking_ = false;
    bool again_ = false;
    bool started_ = false; // the driver was, and not stopped
    pv_device_terms terms_ = {};
    uint64_t epoch_ = 0;
    uint64_t connections_ = 0;
    uint64_t since_ = 0;        // when the connection was made, ns
    uint64_t reopen_after_ = 0; // ns; while closed and wanted
    Patience patience_;
    Wiring wiring_;
    std::array<char, 128> problem_room_{};
    Writer problem_{problem_room_};
    Timer timer_;
    Device *next_ = nullptr;
};

} // namespace keel::device
