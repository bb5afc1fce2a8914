// SPDX-License-Identifier: Apache-2.0
//
// A hypercall that means nothing: any number, any arguments, except those by which a guest could end or
// cripple itself. What the host writes goes to a scratch block; nothing else of ours is pointed at.
#pragma once

#include <span>

#include "frontend-drivers/keel/hypercall.hpp"
#include "frontend-drivers/keel/random_numbers.hpp"
#include <paravane/hypercall.h>

namespace keel::program {

struct RandomCall {
    uint64_t number = 0;
    hypercall::Arguments arguments;
};

class RandomCalls {
  public:
    // The scratch block is whole pages.
    RandomCalls(uint64_t seed, std::span<std::byte> scratch) : random_(seed), scratch_(scratch) {}

    [[nodiscard]] RandomCall next();

  private:
    [[nodiscard]] uint64_t value();   // small, huge, or at an edge
    [[nodiscard]] uint64_t address(); // in the scratch block, or not memory that a guest may write
    [[nodiscard]] hypercall::Arguments sched();
    [[nodiscard]] hypercall::Arguments event();
    [[nodiscard]] hypercall::Arguments grant();
    [[nodiscard]] uint64_t copies(uint64_t domain, uint64_t number);
    [[nodiscard]] hypercall::Arguments memory();
    [[nodiscard]] hypercall::Arguments vcpu();
    [[nodiscard]] hypercall::Arguments callback();
    [[nodiscard]] hypercall::Arguments multicall();
    [[nodiscard]] hypercall::Arguments arguments_of(uint64_t number);

    RandomNumbers random_;
    std::span<std::byte> scratch_;
    bool nested_ = false;
};

} // namespace keel::program
