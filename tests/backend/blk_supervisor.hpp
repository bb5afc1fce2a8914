// SPDX-License-Identifier: Apache-2.0
//
// Processes of paravane-blk and what their supervisor has of them: the log, which outlives them, and a data
// ring for each.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backend/blk/log.hpp"
#include "backend/engine/kept_ring.hpp"
#include "backend/engine/shared_budget.hpp"
#include "blk_guest.hpp"
#include "fake_backend.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::backend_test {

// A disk, as a host has it.
struct BlkDisk {
    blk::Medium medium = blk::Medium::null;
    UniqueFd file; // unless it is nowhere
    uint64_t bytes = uint64_t{64} << 20;
    uint32_t sector_bytes = PV_BLK_SECTOR;
    bool read_only = false;
    bool fixed_buffers = true;
    std::string serial = "a disk of tests";
    uint32_t in_flight = 256; // of the data ring

    [[nodiscard]] static BlkDisk null();
    // A memfd.
    [[nodiscard]] static BlkDisk memory(uint64_t bytes);
    // A new file without a name, in the folder for temporary ones. `flags` beside O_RDWR.
    [[nodiscard]] static BlkDisk of_file(uint64_t bytes, int flags = 0);

    void write(uint64_t offset, std::span<const std::byte> bytes) const;
    [[nodiscard]] std::vector<std::byte> read(uint64_t offset, std::size_t bytes) const;
    [[nodiscard]] bool holds(uint64_t offset, std::size_t bytes, unsigned char value) const;
};

class BlkSupervisor;

class BlkProcess : public FakeBackend {
  public:
    [[nodiscard]] const KeptRing &ring() const { return ring_; }

  private:
    friend class BlkSupervisor;

    explicit BlkProcess(KeptRing ring) : ring_(std::move(ring)) {}

    KeptRing ring_;
};

class BlkSupervisor {
  public:
    // What a dead process left in its ring.
    struct Drained {
        uint64_t ns = 0;        // waited for it
        uint32_t completed = 0; // requests answered by it
        bool all = true;        // false: it did not come to an end within 30 s
    };

    // Both outlive it.
    BlkSupervisor(BlkGuest &guest, const BlkDisk &disk);

    // Starts a process and tells it to connect.
    [[nodiscard]] std::unique_ptr<BlkProcess> start(const ConnectWords &words = {});
    // The same where an earlier one has died.
    [[nodiscard]] std::unique_ptr<BlkProcess> resume();
    // The process has ended, or has been killed: what it had begun is waited for and written down, and its
    // pins are taken away.
    Drained bury(BlkProcess &process);

    [[nodiscard]] blk::Log &log() { return log_; }
    [[nodiscard]] blk::Settings &settings() { return log_.header().settings; }
    [[nodiscard]] blk::Counts &counts() { return log_.header().counts; }
    [[nodiscard]] uint64_t refused(blk::Refusal refusal)
    {
        return counts().refused.at(static_cast<std::size_t>(refusal));
    }

    // From now on, also for a process that runs.
    void limit(const Rates &rates) { budget_.limit(rates, clock_now()); }
    // Of the processes that are started from now on; it outlives them.
    void join(const SharedBudget &group) { group_ = &group; }

    // What is started. From the environment, PARAVANE_BLK_PROGRAM, if that says so.
    std::string program;

  private:
    BlkGuest &guest_;
    const BlkDisk &disk_;
    blk::Log log_;
    SharedBudget budget_;
    const SharedBudget *group_ = nullptr;
};

} // namespace paravane::backend_test
