// SPDX-License-Identifier: Apache-2.0
#include "blk/qemu.hpp"

#include <map>
#include <sstream>

#include <unistd.h>

#include "hypercall/control/child.hpp"

namespace paravane::bench::blk {

namespace {

constexpr std::chrono::seconds boot_most{30};
constexpr std::chrono::seconds beside_the_job{30};

using Values = std::map<std::string, uint64_t>;

// Of a line such as "ok requests=1 ns=2". Of numbers below 0, which are errors' codes, what two's complement
// makes of them.
Values values_of(const std::string &line)
{
    std::istringstream words(line);
    Values values;

    for (std::string word; words >> word;) {
        const size_t sign = word.find('=');
        if (sign != std::string::npos)
            values[word.substr(0, sign)] =
                static_cast<uint64_t>(std::strtoll(word.c_str() + sign + 1, nullptr, 10));
    }
    return values;
}

double each(uint64_t of, uint64_t requests)
{
    return static_cast<double>(of) / static_cast<double>(std::max<uint64_t>(requests, 1));
}

// Lets a program run while this is there.
class Running {
  public:
    explicit Running(const Program &program) : program_(program) { program_.go_on(); }
    Running(const Running &) = delete;
    Running &operator=(const Running &) = delete;
    ~Running() { program_.stop(); }

  private:
    const Program &program_;
};

} // namespace

Result<QemuFiles> find_qemu()
{
    QemuFiles files;

    files.program = find_program("qemu-system-x86_64");
    if (files.program.empty())
        return Problem{"QEMU is not there: no qemu-system-x86_64 in the search path"};
    if (access("/dev/kvm", R_OK | W_OK) != 0)
        return Problem{"QEMU is there, but no /dev/kvm that we may use"};
    files.image = program_beside("keel-bare");
    files.rom = program_beside("keel-bare-rom");
    for (const std::string &file : {files.image, files.rom}) {
        if (access(file.c_str(), R_OK) != 0)
            return system_problem(file);
    }
    return files;
}

Result<std::unique_ptr<Qemu>> Qemu::start(const QemuPlan &plan, const QemuFiles &files,
                                          const Setting &setting)
{
    std::unique_ptr<Qemu> qemu(new Qemu(plan, setting));

    if (Result<void> done = qemu->boot(files); !done) {
        // What it said itself comes late.
        usleep(100'000);
        return Problem{plan.name + ": " + done.error().text + " (" + qemu->program_.complaint() +
                       ")"};
    }
    return qemu;
}

Result<void> Qemu::boot(const QemuFiles &files)
{
    std::vector<UniqueFd> inherited(2);
    Result<LineSocket> line = LineSocket::make(inherited[0]);
    if (!line)
        return line.error();
    Result<LineSocket> control = LineSocket::make(inherited[1]);
    if (!control)
        return control.error();
    Result<Program> program = Program::start(qemu_words(plan_, files, setting_.medium), inherited,
                                             plan_.pinned ? setting_.cores.consumer : -1);
    if (!program)
        return program.error();
    program_ = std::move(*program);
    // So that its end is seen as the end of what it says.
    inherited.clear();
    line_ = std::move(*line);
    control_ = Qmp(std::move(*control));
    if (Result<void> done = control_.greet(); !done)
        return done;
    if (Result<void> done = pin(); !done)
        return done;
    if (const Result<std::string> ready = hear(boot_most); !ready)
        return ready.error();
    if (Result<void> done = open_disk(); !done)
        return done;
    program_.stop();
    return {};
}

// All others stay where the program was started.
Result<void> Qemu::pin()
{
    const Result<std::vector<pid_t>> threads = control_.vcpu_threads();

    if (!threads)
        return threads.error();
    vcpus_ = {threads->begin(), threads->end()};
    if (!plan_.pinned)
        return {};
    for (const pid_t thread : vcpus_) {
        if (Result<void> done = pin_thread(thread, setting_.cores.producer); !done)
            return done;
    }
    return {};
}

Result<void> Qemu::open_disk()
{
    if (Result<void> sent = line_.send(open_command(plan_)); !sent)
        return sent;
    const Result<std::string> answer = hear(boot_most);
    if (!answer)
        return answer.error();
    Values values = values_of(*answer);
    depth_max_ = values["depth-max"];
    bytes_max_ = values["bytes-max"];
    return {};
}

Result<std::string> Qemu::hear(std::chrono::milliseconds most)
{
    Result<std::string> line = line_.read(most);

    if (!line)
        return Problem{"the guest: " + line.error().text};
    if (line->starts_with("no") || line->starts_with("panic"))
        return Problem{"the guest says " + *line};
    return line;
}

bool Qemu::can(const Job &job) const
{
    return job.depth <= depth_max_ && job.bytes <= bytes_max_;
}

Result<Figures> Qemu::run(const Job &job, bool verify)
{
    const Running running(program_);
    Result<Figures> figures = measure(job, verify);

    if (!figures)
        return Problem{plan_.name + ": " + figures.error().text + " (" + program_.complaint() +
                       ")"};
    return figures;
}

Result<Figures> Qemu::measure(const Job &job, bool verify)
{
    const std::chrono::milliseconds most =
        beside_the_job + std::chrono::duration_cast<std::chrono::milliseconds>(
                             std::chrono::nanoseconds(job.warm_up + job.time));

    if (Result<void> sent = line_.send(run_command(job, setting_.tsc_khz, verify)); !sent)
        return sent.error();
    if (const Result<std::string> begin = hear(boot_most); !begin)
        return begin.error();
    const std::optional<ExitCounters> exits = ExitCounters::of(vcpus_);
    const Program::Times before = program_.times(vcpus_);
    if (const Result<std::string> end = hear(most); !end)
        return end.error();
    const Program::Times after = program_.times(vcpus_);
    const ExitCounters::Counts counts = exits ? exits->read() : ExitCounters::Counts{};
    const Result<std::string> answer = hear(boot_most);
    if (!answer)
        return answer.error();

    Values values = values_of(*answer);
    const uint64_t completed = values["completed"];
    Figures figures;
    figures.requests = values["requests"];
    figures.bytes = values["bytes"];
    figures.ns = values["ns"];
    figures.errors = values["errors"];
    figures.first_error = static_cast<int32_t>(values["first-error"]);
    figures.p50 = values["p50"];
    figures.p99 = values["p99"];
    figures.most = values["max"];
    figures.verified = values["verified"];
    figures.wrong = values["wrong"];
    figures.front_ns = each(after.front - before.front, completed);
    figures.back_ns = each(after.back - before.back, completed);
    // Not every KVM counts exits. The image knows how often it turned to its device, which ends in the kernel
    // where QEMU gives it an event for that.
    const bool in_kernel = plan_.disk == QemuDisk::virtio || plan_.shadow_doorbells;
    const uint64_t accesses = values["accesses"];
    figures.exits = each(std::max(counts.all, accesses), completed);
    figures.user_exits = each(exits ? counts.to_user_space : in_kernel ? 0 : accesses, completed);
    return figures;
}

} // namespace paravane::bench::blk
