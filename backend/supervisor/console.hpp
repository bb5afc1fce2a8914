// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's ends of a console device: a pipe from its backend process, one to it, and a log. What
// went through the pipe is what the backend has delivered, so no byte is lost or doubled when it dies.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "backend/supervisor/device_ends.hpp"
#include "backend/supervisor/device_kind.hpp"
#include "backend/supervisor/signal.hpp"
#include "backend/supervisor/terminal/reader.hpp"
#include "backend/supervisor/terminal/terminal.hpp"
#include "hypercall/host/unique_fd.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane {

[[nodiscard]] const DeviceKind &console_kind();

class ConsoleEnds final : public DeviceEnds {
  public:
    // Terminal and reader outlive it.
    ConsoleEnds(boost::asio::io_context &loop, Terminal &terminal, TerminalReader &reader);
    ~ConsoleEnds() override;

    [[nodiscard]] Result<std::vector<int>> prepare(const Claim &claim, bool resumed) override;
    void started() override;
    [[nodiscard]] boost::asio::awaitable<void> finish() override;
    // Bytes of output.
    [[nodiscard]] uint64_t progress() const override { return taken_; }

  private:
    using Pipe = boost::asio::posix::stream_descriptor;
    // To one process.
    struct Feed {
        Feed(boost::asio::io_context &loop, UniqueFd end) : pipe(loop, end.release()), typed(loop)
        {
        }
        Pipe pipe;
        Signal typed;
    };

    boost::asio::awaitable<void> read_output(std::shared_ptr<Pipe> pipe);
    boost::asio::awaitable<void> feed(std::shared_ptr<Feed> feed);
    void take_typed();
    void forget_shown();

    boost::asio::io_context &loop_;
    Terminal &terminal_;
    TerminalReader &reader_;
    SharedMemory log_;
    UniqueFd their_output_; // until started()
    UniqueFd their_input_;
    std::shared_ptr<Feed> input_; // null: there is no process
    uint32_t taken_ = 0;          // bytes of output since the connection began, modulo 2^32
    bool output_ended_ = true;
    Signal ended_;
    std::string given_;   // input that the guest was not shown yet, as far as we know
    std::size_t fed_ = 0; // so much of it went into the pipe
    uint32_t shown_ = 0;  // bytes of input since the connection began, at the front of given_
};

} // namespace paravane
