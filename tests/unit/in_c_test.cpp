// SPDX-License-Identifier: Apache-2.0
//
// The rings as freestanding C11 compiles them.
#include <gtest/gtest.h>

#include "ring_memory.hpp"

extern "C" {
#include "in_c.h"
}

namespace paravane::unit {

namespace {

class InC : public testing::Test {
  protected:
    RingMemory first{4096};
    RingMemory second{4096};
};

TEST_F(InC, Slots)
{
    EXPECT_EQ(in_c_slots(first.data()), 0) << "the line in in_c.c";
}

TEST_F(InC, Stream)
{
    EXPECT_EQ(in_c_stream(first.data()), 0) << "the line in in_c.c";
}

TEST_F(InC, Queues)
{
    EXPECT_EQ(in_c_queues(first.data(), second.data()), 0) << "the line in in_c.c";
}

TEST_F(InC, Peer)
{
    EXPECT_EQ(in_c_peer(first.data()), 0) << "the line in in_c.c";
}

} // namespace

} // namespace paravane::unit
