// SPDX-License-Identifier: Apache-2.0
//
// A guest as its supervisor sees it: the domain process, its control channel and its early output.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/supervisor/store_service.hpp"
#include "hypercall/control/channel.hpp"
#include "hypercall/control/child.hpp"
#include "hypercall/host/domain_id.hpp"

namespace paravane {

enum class VehicleChoice : uint8_t { best, kvm, process };

struct GuestSettings {
    DomainId id{1};
    VehicleChoice vehicle = VehicleChoice::best;
    uint64_t memory = uint64_t{64} << 20;
    uint32_t vcpus = 1;
    std::string command_line;
    std::string image;
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

class Guest {
  public:
    // Gets the early output as it comes, in pieces.
    using Output = std::function<void(std::string_view)>;
    using Ended = std::function<void(const GuestResult &)>;
    // Gets what the guest has lost by breaking a rule, as a sentence; it goes on without.
    using Loss = std::function<void(std::string_view)>;

    // The store must outlive it.
    Guest(boost::asio::io_context &loop, Store &store, Output output, Ended ended, Loss loss = {});
    ~Guest();

    // `ended` is called once if this succeeds, from the loop, when the process is gone and all output
    // was handed over.
    [[nodiscard]] Result<void> start(const GuestSettings &settings);

    void ask_to_shut_down();
    void destroy();

    [[nodiscard]] pid_t process() const { return child_.pid(); }

  private:
    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> read_console();
    void handle(control::Packet &packet);
    void serve_store(control::Packet &packet);
    void finish_if_over();

    boost::asio::io_context &loop_;
    Store &store_;
    DomainId id_;
    Output output_;
    Ended ended_;
    Loss loss_;
    Child child_;
    std::unique_ptr<control::Channel> channel_;
    boost::asio::posix::stream_descriptor console_;
    std::unique_ptr<StoreService> store_service_;
    GuestResult result_;
    bool served_ = false; // the control channel has come to its end
    bool read_ = false;   // so has the output
};

} // namespace paravane
