// SPDX-License-Identifier: Apache-2.0
#include "ring/interrupt.hpp"

#include <csignal>
#include <initializer_list>

namespace paravane::bench {
namespace {

volatile std::sig_atomic_t caught = 0;

void on_signal(int /*number*/)
{
    caught = 1;
}

} // namespace

void catch_interrupts()
{
    struct sigaction action = {};

    action.sa_handler = on_signal;
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        sigaction(number, &action, nullptr);
}

bool interrupted()
{
    return caught != 0;
}

} // namespace paravane::bench
