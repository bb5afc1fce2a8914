// SPDX-License-Identifier: Apache-2.0
//
// The console's backend, for one connection: two streams, two pipes, one port, and the supervisor.
#pragma once

#include <memory>
#include <string>

#include "backend/console/input.hpp"
#include "backend/console/output.hpp"
#include "backend/engine/connection.hpp"
#include "backend/engine/control.hpp"
#include "backend/engine/loop.hpp"
#include "hypercall/host/result.hpp"

namespace paravane::console {

[[nodiscard]] DeviceShape shape();

class Device {
  public:
    // Makes what cannot be made inside of a sandbox; looks at nothing of the guest's.
    [[nodiscard]] static Result<std::unique_ptr<Device>> make(Control control,
                                                              Connection connection);

    // Serves until the end. A Problem: there is something wrong with this process or its pipes.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] int loop_descriptor() const { return loop_->descriptor(); }

  private:
    Device(Control control, Connection connection, SharedMemory log, std::unique_ptr<Loop> loop);

    // False: the frontend was refused.
    [[nodiscard]] bool attach();
    [[nodiscard]] Result<void> serve();
    [[nodiscard]] Result<void> handle(const Completion &completion);
    void hear_supervisor();
    void refuse(const std::string &why);
    [[nodiscard]] const char *broken_rule() const;

    Control control_;
    Connection connection_;
    SharedMemory log_;
    // After the connection: they are of its memory.
    Pinned output_place_;
    Pinned input_place_;
    pv_violations violations_{};
    std::unique_ptr<Output> output_;
    std::unique_ptr<Input> input_;
    // After all that it reads into and writes from: it goes first, and nothing is on its way then.
    std::unique_ptr<Loop> loop_;
    bool ended_ = false;
};

} // namespace paravane::console
