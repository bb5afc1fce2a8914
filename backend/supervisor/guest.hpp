// SPDX-License-Identifier: Apache-2.0
//
// A guest as its supervisor sees it: the domain process, its control channel, its early output and its
// devices.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/supervisor/blk.hpp"
#include "backend/supervisor/console.hpp"
#include "backend/supervisor/device.hpp"
#include "backend/supervisor/domain_link.hpp"
#include "backend/supervisor/store_service.hpp"
#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/control/channel.hpp"
#include "hypercall/control/child.hpp"
#include "hypercall/host/domain_id.hpp"

namespace paravane {

enum class VehicleChoice : uint8_t { best, kvm, process };

struct GuestSettings {
    DomainId id{1};
    VehicleChoice vehicle = VehicleChoice::best;
    uint64_t memory = uint64_t{64} << 20;
    uint64_t arena = uint64_t{16} << 20;
    uint32_t vcpus = 1;
    Cores cores; // of its vCPUs
    std::string command_line;
    std::string image;
    std::vector<Disk> disks; // as blk 0, 1, ...
};

enum class GuestEnd : uint8_t {
    poweroff,
    reboot,
    crash,
    destroyed, // by its supervisor
    refused,   // it never ran
    lost       // its domain process died
};

struct GuestResult {
    GuestEnd end = GuestEnd::lost;
    uint32_t status = 0; // of a poweroff
    std::string problem; // why, where there is more to say
};

// What a person sees of a guest.
struct Console {
    Terminal &terminal;
    TerminalReader &reader;
};

class Guest {
  public:
    // What the terminal gets for a piece of the early output.
    using Early = std::function<std::string(std::string_view)>;
    using Ended = std::function<void(const GuestResult &)>;
    // Gets what the guest has lost and what else is to be known of it, as sentences; it goes on.
    using Tell = std::function<void(std::string_view)>;

    // The store and what is of the console outlive it. It goes after `ended`, or when the loop will not run again.
    Guest(boost::asio::io_context &loop, Store &store, Console console, Early early, Ended ended,
          Tell tell);
    ~Guest();

    // `ended` is called once if this succeeds, from the loop, when its processes are gone and all output
    // was handed over.
    [[nodiscard]] Result<void> start(const GuestSettings &settings);

    void ask_to_shut_down();
    void destroy();

    // Asks the guest to make ready, and stands it still with its devices disconnected. The Problem: it
    // goes on as if nothing had been.
    boost::asio::awaitable<Result<void>> suspend();
    // In the next epoch.
    void resume();

    // Tells the guest of disks that have grown.
    void look_at_disks();

    [[nodiscard]] pid_t process() const { return child_.pid(); }

  private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> read_early_output();
    void handle(control::Packet &packet);
    void serve_store(control::Packet &packet);
    [[nodiscard]] Result<void> offer_devices(const GuestSettings &settings);
    void add_disk(Disk disk, uint32_t vcpus);
    void finish_if_over();
    boost::asio::awaitable<void> finish();
    boost::asio::awaitable<void> await_end_of_process();
    // The ways of a suspend, one at a time.
    boost::asio::awaitable<Result<void>> stand_still();
    boost::asio::awaitable<void> renew();
    void go_on();

    boost::asio::io_context &loop_;
    Store &store_;
    Console console_;
    DomainId id_;
    Early early_;
    Ended ended_;
    Tell tell_;
    Child child_;
    std::unique_ptr<control::Channel> channel_;
    boost::asio::posix::stream_descriptor early_output_;
    std::unique_ptr<StoreService> store_service_;
    std::unique_ptr<DomainLink> link_;
    std::unique_ptr<DeviceSurroundings> around_;
    std::unique_ptr<ConsoleEnds> console_ends_;
    std::vector<std::unique_ptr<BlkEnds>> disks_;
    std::vector<std::unique_ptr<Device>> devices_; // the console, then the disks
    uint64_t epoch_ = 1;
    Signal changed_;          // one of these
    bool suspending_ = false; // somebody sees to a suspend
    bool standing_ = false;   // the guest has said that it stands
    GuestResult result_;
    bool served_ = false; // the control channel has come to its end
    bool read_ = false;   // so has the output
};

} // namespace paravane
