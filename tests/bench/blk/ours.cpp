// SPDX-License-Identifier: Apache-2.0
#include "blk/ours.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <unistd.h>

#include "blk/exits.hpp"
#include "hypercall/control/child.hpp"

namespace paravane::bench::blk {

namespace {

constexpr std::chrono::seconds boot_most{30};
constexpr std::chrono::seconds beside_the_job{30};
constexpr uint64_t ns_a_ms = 1'000'000;
constexpr const char *result_mark = "@pv blkbench ";

// Who runs vCPUs is the loop; backends serve it.
const std::set<std::string> front_names = {"paravane-domain", "paravane-proces"};
const std::set<std::string> back_names = {"paravane-blk"};

std::vector<pid_t> children_of(pid_t process)
{
    std::vector<pid_t> children;

    for (const pid_t thread : threads_of(process)) {
        std::ifstream file(fmt::format("/proc/{}/task/{}/children", process, thread));
        for (pid_t child = 0; file >> child;)
            children.push_back(child);
    }
    return children;
}

// Threads of the processes below that one whose names are among these.
void add_threads(pid_t process, const std::set<std::string> &names,
                 std::map<pid_t, pid_t> &threads) // thread: its process
{
    for (const pid_t child : children_of(process)) {
        std::ifstream file(fmt::format("/proc/{}/comm", child));
        std::string name;
        std::getline(file, name);
        if (names.contains(name)) {
            for (const pid_t thread : threads_of(child))
                threads[thread] = child;
        }
        add_threads(child, names, threads);
    }
}

uint64_t time_of(pid_t process, const std::set<std::string> &names)
{
    std::map<pid_t, pid_t> threads;
    uint64_t ns = 0;

    add_threads(process, names, threads);
    for (const auto &[thread, owner] : threads)
        ns += processor_time(owner, thread);
    return ns;
}

using Values = std::map<std::string, uint64_t>;

// Of names and numbers in turn. Of a number below 0 what two's complement makes of it.
Values values_of(const std::string &line)
{
    std::istringstream words(line.substr(std::string(result_mark).size()));
    Values values;
    std::string value;

    for (std::string name; words >> name >> value;)
        values[name] = static_cast<uint64_t>(std::strtoll(value.c_str(), nullptr, 10));
    return values;
}

double each(uint64_t of, uint64_t requests)
{
    return static_cast<double>(of) / static_cast<double>(std::max<uint64_t>(requests, 1));
}

// Lines before it are the guest's talk.
Result<std::string> await_line(LineSocket &output, const std::string &beginning,
                               std::chrono::milliseconds most)
{
    std::string talk;

    for (;;) {
        Result<std::string> line = output.read(most);
        if (!line)
            return Problem{line.error().text + (talk.empty() ? "" : " (" + talk + ")")};
        if (line->starts_with(beginning))
            return line;
        talk += (talk.empty() ? "" : "; ") + *line;
    }
}

} // namespace

std::vector<OurPlan> our_plans()
{
    return {{"paravane", "kvm"},
            {"paravane, not pinned", "kvm", 1, false},
            // More that look for work than there are processors, so the kernel has to place them.
            {"paravane, 2 queues and vCPUs (oversubscribed)", "kvm", 2, false},
            {"paravane, guest is a process", "process"}};
}

Result<std::unique_ptr<Ours>> Ours::start(const OurPlan &plan, const Setting &setting)
{
    std::string program = program_beside("paravane");

    if (access(program.c_str(), X_OK) != 0)
        return system_problem(program);
    if (plan.vehicle == "kvm" && access("/dev/kvm", R_OK | W_OK) != 0)
        return Problem{plan.name + ": no /dev/kvm that we may use"};
    return std::unique_ptr<Ours>(new Ours(plan, setting, std::move(program)));
}

std::vector<std::string> Ours::words(const Job &job) const
{
    const Medium &medium = setting_.medium;
    std::string disk = medium.path.empty() ? fmt::format("null:{}", medium.bytes) : medium.path;
    const std::string line = fmt::format(
        "blkbench rw={} mix={} size={} depth={} queues={} time={}ms warmup={}ms seed={}{}",
        job.pattern == Pattern::random ? "randrw" : "rw", job.read_percent, job.bytes,
        job.depth / plan_.queues, plan_.queues, job.time / ns_a_ms, job.warm_up / ns_a_ms, job.seed,
        job.latency ? " latency" : "");

    for (size_t at = 0; (at = disk.find(',', at)) != std::string::npos; at += 2)
        disk.insert(at, ",");
    disk += fmt::format(",depth=1024,queues={}", plan_.queues);
    if (plan_.pinned)
        disk += fmt::format(",core={}", setting_.cores.consumer);
    std::vector<std::string> words = {
        program_,    "run",  "--vehicle", plan_.vehicle, "--vcpus", std::to_string(plan_.queues),
        "--arena",   "256M", "--memory",  "128M",        "--disk",  disk,
        "--cmdline", line};
    if (plan_.pinned)
        words.insert(words.end(), {"--cores", std::to_string(setting_.cores.producer)});
    return words;
}

Result<Figures> Ours::run(const Job &job)
{
    UniqueFd other;
    Result<LineSocket> output = LineSocket::make(other);
    if (!output)
        return output.error();
    Result<Program> program = Program::start(words(job), {}, -1, other.get());
    if (!program)
        return program.error();
    // So that its end is seen as the end of what it says.
    other = UniqueFd();
    Result<Figures> figures = measure(job, *program, *output);
    if (!figures)
        return Problem{plan_.name + ": " + figures.error().text + " (" + program->complaint() +
                       ")"};
    return figures;
}

Result<Figures> Ours::measure(const Job &job, const Program &program, LineSocket &output) const
{
    const std::chrono::milliseconds most =
        beside_the_job + std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::nanoseconds(job.warm_up + job.time));

    if (const Result<std::string> begins = await_line(output, "@pv blkbench-begins", boot_most);
        !begins)
        return begins.error();
    std::map<pid_t, pid_t> vcpus;
    std::set<pid_t> threads;
    add_threads(program.pid(), front_names, vcpus);
    for (const auto &[thread, owner] : vcpus)
        threads.insert(thread);
    const std::optional<ExitCounters> exits =
        plan_.vehicle == "kvm" ? ExitCounters::of(threads) : std::nullopt;
    const uint64_t front = time_of(program.pid(), front_names);
    const uint64_t back = time_of(program.pid(), back_names);
    if (const Result<std::string> ends = await_line(output, "@pv blkbench-ends", most); !ends)
        return ends.error();
    const uint64_t front_end = time_of(program.pid(), front_names);
    const uint64_t back_end = time_of(program.pid(), back_names);
    const Result<std::string> line = await_line(output, result_mark, boot_most);
    if (!line)
        return line.error();

    Values values = values_of(*line);
    const uint64_t completed = values["completed"];
    Figures figures;
    figures.requests = values["requests"];
    figures.bytes = values["requests"] * job.bytes;
    figures.ns = values["ns"];
    figures.errors = values["errors"];
    figures.p50 = values["p50"];
    figures.p99 = values["p99"];
    figures.most = values["max"];
    figures.front_ns = each(front_end - front, completed);
    figures.back_ns = each(back_end - back, completed);
    if (exits) {
        const ExitCounters::Counts counts = exits->read();
        // Not every KVM counts them all; those of ours that it does not end in user space.
        figures.exits = each(std::max(counts.all, counts.to_user_space), completed);
        figures.user_exits = each(counts.to_user_space, completed);
    }
    return figures;
}

} // namespace paravane::bench::blk
