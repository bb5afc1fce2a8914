// SPDX-License-Identifier: Apache-2.0
//
// paravane-blk: started by a supervisor, which is at the other end of descriptor 3; descriptor 4 is the data
// ring. Ends with status 0 when the connection has ended, however; with another when something is wrong
// with this process.
#include <array>
#include <cstdio>

#include "backend/blk/device.hpp"
#include "backend/engine/process.hpp"

namespace {

constexpr int failed = 1;
constexpr int usage = 2;
constexpr int data_ring = 4;

int fail(const paravane::Problem &problem)
{
    std::fprintf(stderr, "paravane-blk: %s\n", problem.text.c_str());
    return failed;
}

} // namespace

int main()
{
    using paravane::blk::Device;

    paravane::UniqueFd socket = paravane::begin_backend(1);
    if (!socket) {
        std::fputs("paravane-blk: it is not for people; `paravane run --disk` starts it\n", stderr);
        return usage;
    }
    paravane::UniqueFd ring(data_ring);
    auto connection = paravane::Connection::receive(socket.get(), paravane::blk::shape());
    if (!connection)
        return fail(connection.error());
    const int supervisor = socket.get();
    const int unpinned = connection->unpinned;
    paravane::Control control(std::move(socket));
    if (!connection->refusal.empty()) {
        control.say_refused(connection->refusal);
        return 0;
    }
    auto device = Device::make(std::move(control), std::move(*connection), std::move(ring));
    if (!device)
        return fail(device.error());
    const std::array rings = {(*device)->loop_descriptor(), (*device)->ring_descriptor()};
    if (auto entered = paravane::enter_sandbox({supervisor, unpinned, rings}); !entered)
        return fail(entered.error());
    const auto served = (*device)->run();
    return served ? 0 : failed;
}
