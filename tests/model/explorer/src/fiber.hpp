// SPDX-License-Identifier: Apache-2.0
//
// Fibers: a modelled thread is a stack of its own inside one operating system thread. A fiber may be
// restarted while it stands anywhere: its frames are abandoned, no destructor runs.
#pragma once

#include <cstddef>
#include <memory>

namespace paravane::explorer {

class Fiber {
  public:
    Fiber(); // stands for the stack that creates it; starts nothing
    ~Fiber();
    Fiber(const Fiber &) = delete;
    Fiber &operator=(const Fiber &) = delete;

    // Makes the next switch_to() to this fiber call entry(argument), which must not return.
    void start(void (*entry)(void *), void *argument);
    // Leaves `from` (the running fiber) and continues `to`; returns when something continues `from`.
    static void switch_to(Fiber &from, Fiber &to);

  private:
    struct Machine;
    static void enter(Fiber *self);
    static void enter_halves(unsigned high, unsigned low);
    static void arrived(void *fake_stack);

    static Fiber *leaving_;
    std::unique_ptr<Machine> machine_;
    void (*entry_)(void *) = nullptr;
    void *argument_ = nullptr;
};

} // namespace paravane::explorer
