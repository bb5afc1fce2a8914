// SPDX-License-Identifier: Apache-2.0
//
// A disk's backend, for one connection: its queues, its medium, and the supervisor. One thread, which looks
// for work while there is some, and sleeps when there was none for a while.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/blk/backlog.hpp"
#include "backend/blk/changes.hpp"
#include "backend/blk/disk.hpp"
#include "backend/blk/queue.hpp"
#include "backend/blk/request.hpp"
#include "backend/blk/throttle.hpp"
#include "backend/engine/connection.hpp"
#include "backend/engine/control.hpp"
#include "backend/engine/loop.hpp"
#include "backend/engine/patience.hpp"

namespace paravane::blk {

[[nodiscard]] DeviceShape shape();

class Device {
  public:
    // Makes what cannot be made inside of a sandbox; looks at nothing of the guest's. A Problem is the
    // supervisor's mistake, or the host's.
    [[nodiscard]] static Result<std::unique_ptr<Device>>
    make(Control control, Connection connection, UniqueFd data_ring);

    // Serves until the end. A Problem: there is something wrong with this process or its disk.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] int loop_descriptor() const { return loop_->descriptor(); }
    [[nodiscard]] int ring_descriptor() { return disk_.ring().descriptor(); }

  private:
    // A request between its ring and its answer.
    struct Flight {
        Work work{};         // what is left to do
        uint64_t offset = 0; // of the whole, as `changes_` has it
        uint64_t bytes = 0;
        bool begun = false; // it has passed all that it had to wait for
        bool has_table = false;
        DataExtent extent{}; // of one that has none
    };

    // What it has besides its memory, its ports and its supervisor.
    struct Parts {
        Log log;
        Disk disk;
        std::vector<SharedBudget> budgets; // its own, and its group's
        std::unique_ptr<Loop> loop;
        HostMemory extents;
    };

    Device(Control control, Connection connection, Parts parts);

    // False: the frontend was refused.
    [[nodiscard]] bool attach();
    [[nodiscard]] bool attach_queue(uint32_t number, const pv_protocol &protocol);
    void restore();
    [[nodiscard]] Result<void> serve();

    // One look at everything. True: there was work.
    [[nodiscard]] Result<bool> turn();
    [[nodiscard]] bool take(uint32_t number);
    void begin_backlog();
    // False: it cannot begin now, nor can what came after it.
    [[nodiscard]] bool begin(Token token);
    void end(Token token, int32_t status);
    void completed(const DataCompletion &completion);
    [[nodiscard]] bool lets(const Work &work);
    [[nodiscard]] Result<void> show();

    [[nodiscard]] Result<void> idle();
    [[nodiscard]] bool may_sleep();
    [[nodiscard]] bool waits_for_time() const;
    [[nodiscard]] Result<void> sleep();
    void hear();
    void hear_supervisor();
    [[nodiscard]] bool finished() const;
    [[nodiscard]] const char *broken_rule() const;

    [[nodiscard]] Flight &flight_of(Token token)
    {
        return flights_[std::size_t{token.queue()} * depth_ + token.id()];
    }
    [[nodiscard]] Extents extents_of(Token token)
    {
        Flight &flight = flight_of(token);

        if (!flight.has_table)
            return {&flight.extent, 1};
        // Zeroed memory is an array of them. Few have a table, so few of its pages are ever there.
        auto *const all = reinterpret_cast<DataExtent *>(extents_.data());
        const std::size_t number = std::size_t{token.queue()} * depth_ + token.id();
        return {all + number * PV_BLK_SEGMENTS_MAX, PV_BLK_SEGMENTS_MAX};
    }

    Control control_;
    Connection connection_;
    Log log_;
    Header &header_;
    uint32_t depth_;
    Disk disk_;
    // After the connection: they are of its memory.
    std::vector<Pinned> rings_;
    pv_violations violations_{};
    std::unique_ptr<Checker> checker_;
    std::vector<Queue> queues_;
    std::vector<Flight> flights_;
    HostMemory extents_;
    Changes changes_;
    Backlog<Token> backlog_; // taken and not begun, in their order
    uint64_t order_ = 1;
    uint32_t begun_ = 0; // and not ended
    std::vector<SharedBudget> budgets_;
    Throttle throttle_;
    bool held_ = false; // the first of the backlog was counted as such
    Patience patience_;
    uint32_t idle_turns_ = 0;
    uint32_t busy_turns_ = 0;
    uint64_t requests_ = 0;
    bool draining_ = false; // no more requests are taken
    bool ended_ = false;
    // After all that it reads into and writes from: it goes first, and nothing is on its way then.
    std::unique_ptr<Loop> loop_;
};

} // namespace paravane::blk
