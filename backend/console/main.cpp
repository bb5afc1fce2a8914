// SPDX-License-Identifier: Apache-2.0
//
// paravane-console: started by a supervisor, which is at the other end of descriptor 3. Ends with status
// 0 when the connection has ended, however; with another when something is wrong with this process.
#include <array>
#include <cstdio>

#include "backend/console/device.hpp"
#include "backend/engine/process.hpp"

namespace {

constexpr int failed = 1;
constexpr int usage = 2;

int fail(const paravane::Problem &problem)
{
    std::fprintf(stderr, "paravane-console: %s\n", problem.text.c_str());
    return failed;
}

} // namespace

int main()
{
    using paravane::console::Device;

    paravane::UniqueFd socket = paravane::begin_backend();
    if (!socket) {
        std::fputs("paravane-console: it is not for people; `paravane run` starts it\n", stderr);
        return usage;
    }
    auto connection = paravane::Connection::receive(socket.get(), paravane::console::shape());
    if (!connection)
        return fail(connection.error());
    const int supervisor = socket.get();
    const int unpinned = connection->unpinned;
    paravane::Control control(std::move(socket));
    if (!connection->refusal.empty()) {
        control.say_refused(connection->refusal);
        return 0;
    }
    auto device = Device::make(std::move(control), std::move(*connection));
    if (!device)
        return fail(device.error());
    const std::array rings = {(*device)->loop_descriptor()};
    const paravane::BackendCalls calls = {supervisor, unpinned, rings};
    if (auto entered = paravane::enter_sandbox(calls); !entered)
        return fail(entered.error());
    const auto served = (*device)->run();
    return served ? 0 : failed;
}
