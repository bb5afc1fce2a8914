// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's ends of a disk: what its content is kept in, the log that one process leaves to the next,
// and the ring that its I/O goes through. A process's I/O outlives it; the next one starts when none of it
// is on its way any more, and finds what became of it in the log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/blk/log.hpp"
#include "backend/engine/kept_ring.hpp"
#include "backend/engine/shared_budget.hpp"
#include "backend/supervisor/device_ends.hpp"
#include "backend/supervisor/device_kind.hpp"
#include "backend/supervisor/disk_file.hpp"
#include "backend/supervisor/signal.hpp"

namespace paravane {

struct DiskSettings {
    static constexpr uint32_t default_depth = 128;

    std::string serial;      // at most PV_BLK_SERIAL_BYTES
    uint32_t queues_max = 0; // 0: one for each of the guest's vCPUs
    uint32_t depth_max = default_depth;
    Cores cores; // of its backend
};

// A disk of a guest, which may be of its successors after a reboot.
struct Disk {
    std::shared_ptr<DiskFile> file;
    DiskSettings settings;
    // Their rates may be changed at any time, for whoever has the disk.
    std::shared_ptr<SharedBudget> budget;
    std::shared_ptr<SharedBudget> group; // null: it is in none
};

class BlkEnds final : public DeviceEnds {
  public:
    using Tell = std::function<void(std::string_view)>;

    // `tell` hears how long a drain takes, in sentences that begin with `name`.
    BlkEnds(boost::asio::io_context &loop, Disk disk, std::string name, Tell tell);
    ~BlkEnds() override;

    [[nodiscard]] DeviceKind kind() const;
    [[nodiscard]] std::vector<DeviceProperty> properties() const override;
    [[nodiscard]] Result<std::vector<int>> prepare(const Claim &claim, bool resumed) override;
    [[nodiscard]] std::vector<int> inherited() const override;
    [[nodiscard]] Cores cores() const override { return disk_.settings.cores; }
    void started() override {}
    [[nodiscard]] boost::asio::awaitable<std::string>
    drain(Signal::Clock::time_point ended) override;
    [[nodiscard]] boost::asio::awaitable<void> finish() override;
    // Requests answered.
    [[nodiscard]] uint64_t progress() const override;
    void abandon() override;

    // True: the disk has grown, and its device's properties are to be published.
    [[nodiscard]] bool look_again();

    // What the processes of the connection write; null: there is none.
    [[nodiscard]] const blk::Log *log() const { return log_ ? &*log_ : nullptr; }

  private:
    void write_settings() const;

    Disk disk_;
    std::string name_;
    Tell tell_;
    std::optional<blk::Log> log_;
    std::optional<KeptRing> ring_; // of the process
    Signal abandon_;
    bool abandoned_ = false;
};

} // namespace paravane
