// SPDX-License-Identifier: Apache-2.0
//
// The domain process: one guest's hypervisor half, and the loop that ties it to its supervisor. Ends when
// the guest has ended, or when the supervisor is gone.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "generated/control/domain.capnp.h"
#include "hypercall/control/channel.hpp"
#include "hypercall/domain/carrier.hpp"
#include "hypercall/domain/rate.hpp"
#include "hypercall/host/domain.hpp"

namespace paravane {

class DomainProcess final : public Host {
  public:
    explicit DomainProcess(UniqueFd supervisor);
    ~DomainProcess() override;

    // Serves until the end, and returns the process's exit status.
    [[nodiscard]] int run();

    // Of the domain, from any thread.
    ConsoleAnswer console(std::string_view text) override;
    void watch(Port port, int eventfd) override;
    void unwatch(Port port, int eventfd) override;
    void set_timer(VcpuId vcpu, uint64_t deadline) override;
    void ended(uint32_t reason, uint32_t status) override;
    void overdue(BackendNumber backend) override;
    void suspended() override;

  private:
    using Descriptor = boost::asio::posix::stream_descriptor;

    boost::asio::awaitable<void> serve();
    boost::asio::awaitable<void> listen(Port port, std::shared_ptr<Descriptor> event);
    boost::asio::awaitable<void> await_unpins(std::shared_ptr<Descriptor> event);
    boost::asio::awaitable<void> await_timer(VcpuId vcpu);
    boost::asio::awaitable<void> keep_time();
    boost::asio::awaitable<void> await_loss(int descriptor);
    void handle(control::Packet &packet);
    [[nodiscard]] Result<void> start(control::Start::Reader wanted, control::Packet &packet);
    void bind_port(control::PortRequest::Reader wanted);
    void attach(BackendNumber backend);
    void detach(BackendNumber backend);
    void send(capnp::MessageBuilder &message, std::span<const int> fds = {});
    void finish();

    boost::asio::io_context loop_{1};
    control::Channel channel_;
    UniqueFd console_;
    Rate console_rate_;
    std::vector<std::unique_ptr<Descriptor>> timers_; // one a vCPU
    std::map<Port, std::shared_ptr<Descriptor>> watched_;
    std::map<BackendNumber, std::shared_ptr<Descriptor>> unpinned_;
    std::unique_ptr<Domain> domain_;
    std::unique_ptr<Carrier> carrier_;
    int status_ = 0;
};

} // namespace paravane
