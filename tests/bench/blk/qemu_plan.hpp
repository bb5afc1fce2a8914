// SPDX-License-Identifier: Apache-2.0
//
// One way to give a guest a disk under QEMU, and the arguments that it is started with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "blk/contender.hpp"
#include "blk/setting.hpp"

namespace paravane::bench::blk {

enum class QemuDisk : uint8_t { virtio, nvme, ahci, ide };

struct QemuPlan {
    std::string name;
    QemuDisk disk = QemuDisk::virtio;
    bool iothread = false; // virtio: served by a thread of its own
    std::optional<uint32_t>
        poll_max_ns;               // how long that thread polls before it sleeps; QEMU's own choice
    uint32_t queue_size = 256;     // virtio
    bool event_index = false;      // virtio: the driver's choice
    bool indirect = false;         // virtio: so too
    bool shadow_doorbells = false; // NVMe, with ioeventfd
    std::string aio = "io_uring";  // how QEMU reads and writes a file: that, native or threads
    bool needs_file = false;       // without a medium it differs in nothing from another
    bool pinned = true;
};

// The best configurations of each disk as measured, and others that people run.
[[nodiscard]] std::vector<QemuPlan> qemu_plans();

struct QemuFiles {
    std::string program;
    std::string rom;
    std::string image;
};

// Descriptors 3 and 4 are the guest's serial line and QEMU's control socket.
[[nodiscard]] std::vector<std::string> qemu_words(const QemuPlan &plan, const QemuFiles &files,
                                                  const Medium &medium);

// What the image is told to open.
[[nodiscard]] std::string open_command(const QemuPlan &plan);
[[nodiscard]] std::string run_command(const Job &job, uint64_t tsc_khz, bool verify);

} // namespace paravane::bench::blk
