// SPDX-License-Identifier: Apache-2.0
#include "blk/qmp.hpp"

#include <nlohmann/json.hpp>

namespace paravane::bench::blk {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds longest_wait{20};

} // namespace

Result<void> Qmp::execute(const json &command, json &returned)
{
    if (Result<void> sent = socket_.send(command.dump()); !sent)
        return sent.error();
    for (;;) {
        const Result<std::string> line = socket_.read(longest_wait);
        if (!line)
            return line.error();
        json answer = json::parse(*line, nullptr, false);
        if (answer.contains("return")) {
            returned = std::move(answer["return"]);
            return {};
        }
        if (answer.contains("error"))
            return Problem{"QEMU refuses " + command.dump() + ": " + answer["error"].dump()};
        // An event: not for us.
    }
}

Result<void> Qmp::greet()
{
    json nothing;

    if (const Result<std::string> greeting = socket_.read(longest_wait); !greeting)
        return greeting.error();
    return execute({{"execute", "qmp_capabilities"}}, nothing);
}

Result<std::vector<pid_t>> Qmp::vcpu_threads()
{
    json vcpus;
    std::vector<pid_t> threads;

    if (const Result<void> done = execute({{"execute", "query-cpus-fast"}}, vcpus); !done)
        return done.error();
    for (const json &vcpu : vcpus)
        threads.push_back(vcpu.value("thread-id", pid_t{-1}));
    if (threads.empty())
        return Problem{"QEMU names no thread of a vCPU"};
    return threads;
}

} // namespace paravane::bench::blk
