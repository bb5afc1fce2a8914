// SPDX-License-Identifier: Apache-2.0
//
// A process of paravane-console and what its supervisor has of it: the pipes and the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fake_backend.hpp"
#include "fake_guest.hpp"

namespace paravane::backend_test {

class Console : public FakeBackend {
  public:
    // Starts a process, and tells it to connect. A log of its own unless there is one.
    explicit Console(const FakeGuest &guest, const ConnectWords &words = {},
                     const SharedMemory *log = nullptr);
    // Not told to connect.
    struct Silent {};
    explicit Console(Silent);

    // What the guest wrote: what is in the pipe, or, waiting for them, so many bytes (less: nothing came
    // for 5 s).
    [[nodiscard]] std::string output() const;
    [[nodiscard]] std::string output(std::size_t bytes) const;
    // What somebody types: as much as fits into the pipe.
    std::size_t type(std::string_view text) const;
    void stop_typing() { typing_ = UniqueFd(); }
    void stop_reading() { reading_ = UniqueFd(); }
    [[nodiscard]] int output_pipe() const { return reading_.get(); }
    [[nodiscard]] int input_pipe() const { return typing_.get(); }

    [[nodiscard]] const SharedMemory &log() const { return log_; }

  private:
    SharedMemory log_;
    UniqueFd reading_;
    UniqueFd typing_;
};

} // namespace paravane::backend_test
