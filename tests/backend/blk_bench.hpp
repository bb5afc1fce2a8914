// SPDX-License-Identifier: Apache-2.0
//
// A guest, a disk, and a process between them.
#pragma once

#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include "blk_supervisor.hpp"

namespace paravane::backend_test {

struct BlkBench {
    explicit BlkBench(BlkDisk its_disk, const BlkShape &shape = {})
        : guest(shape), disk(std::move(its_disk)), supervisor(guest, disk)
    {
    }
    void begin(const ConnectWords &words = {})
    {
        process = supervisor.start(words);
        ASSERT_EQ(process->hear(), "connected");
    }
    // As both sides want it.
    void end()
    {
        process->say_disconnect();
        EXPECT_EQ(process->hear(), "disconnected");
        ASSERT_TRUE(process->ends());
        EXPECT_EQ(process->end(), 0);
        EXPECT_FALSE(guest.pinned());
        EXPECT_FALSE(guest.refused());
    }

    BlkGuest guest;
    BlkDisk disk;
    BlkSupervisor supervisor;
    std::unique_ptr<BlkProcess> process;
};

} // namespace paravane::backend_test
