// SPDX-License-Identifier: Apache-2.0
#include "blk/program.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace paravane::bench::blk {

namespace {

constexpr int first_inherited = 3;
constexpr int status_not_started = 127;

cpu_set_t only(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned int>(core), &set);
    return set;
}

// In the child. Descriptors move out of the way first, so that none is put over one that is yet to move.
bool place(std::vector<int> &descriptors, int output, int errors)
{
    const int beyond = first_inherited + static_cast<int>(descriptors.size());
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int &descriptor : descriptors) {
        descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, beyond);
        if (descriptor < 0)
            return false;
    }
    if (dup2(null, STDIN_FILENO) < 0 || dup2(output < 0 ? null : output, STDOUT_FILENO) < 0 ||
        dup2(errors, STDERR_FILENO) < 0)
        return false;
    for (size_t i = 0; i < descriptors.size(); i++) {
        if (dup2(descriptors[i], first_inherited + static_cast<int>(i)) < 0)
            return false;
    }
    return true;
}

} // namespace

std::string find_program(const std::string &name)
{
    const char *path = std::getenv("PATH");
    std::string_view rest = path != nullptr ? path : "";

    while (!rest.empty()) {
        const size_t end = rest.find(':');
        std::string file = std::string(rest.substr(0, end)) + "/" + name;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (access(file.c_str(), X_OK) == 0)
            return file;
    }
    return {};
}

Result<Program> Program::start(const std::vector<std::string> &words,
                               const std::vector<UniqueFd> &inherited, int core, int output)
{
    std::vector<std::string> copies(words);
    std::vector<char *> arguments;
    std::vector<int> descriptors;
    Program program;

    arguments.reserve(copies.size() + 1);
    for (std::string &word : copies)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    descriptors.reserve(inherited.size());
    for (const UniqueFd &descriptor : inherited)
        descriptors.push_back(descriptor.get());
    program.errors_ = UniqueFd(memfd_create("errors", MFD_CLOEXEC));
    if (!program.errors_)
        return system_problem("memory for a program's errors");
    const pid_t parent = getpid();
    program.pid_ = fork();
    if (program.pid_ < 0)
        return system_problem("start " + words[0]);
    if (program.pid_ == 0) {
        // A group of its own: what a terminal sends is not for it.
        (void)setpgid(0, 0);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const cpu_set_t set = only(core < 0 ? 0 : core);
        if (getppid() == parent && place(descriptors, output, program.errors_.get()) &&
            (core < 0 || sched_setaffinity(0, sizeof(set), &set) == 0))
            execv(arguments[0], arguments.data());
        _exit(status_not_started);
    }
    return program;
}

Program::Program(Program &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), errors_(std::move(other.errors_))
{
}

Program &Program::operator=(Program &&other) noexcept
{
    std::swap(pid_, other.pid_);
    errors_.swap(other.errors_);
    return *this;
}

Program::~Program()
{
    if (pid_ <= 0)
        return;
    (void)kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
        ;
}

void Program::stop() const
{
    (void)kill(pid_, SIGSTOP);
}

void Program::go_on() const
{
    (void)kill(pid_, SIGCONT);
}

std::string Program::complaint() const
{
    std::array<char, 1024> text{};
    const ssize_t bytes = pread(errors_.get(), text.data(), text.size(), 0);
    std::string said(text.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);

    while (said.ends_with('\n'))
        said.pop_back();
    for (char &character : said)
        character = character == '\n' ? ' ' : character;
    return said.empty() ? "it said nothing" : said;
}

Program::Times Program::times(const std::set<pid_t> &front) const
{
    Times times;

    for (const pid_t thread : threads_of(pid_))
        (front.contains(thread) ? times.front : times.back) += processor_time(pid_, thread);
    return times;
}

uint64_t processor_time(pid_t process, pid_t thread)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/task/" + std::to_string(thread) +
                       "/schedstat");
    uint64_t ns = 0;

    file >> ns;
    return file ? ns : 0;
}

std::vector<pid_t> threads_of(pid_t process)
{
    std::vector<pid_t> threads;
    std::error_code error;

    for (const auto &entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", error))
        threads.push_back(std::stoi(entry.path().filename().string()));
    return threads;
}

Result<void> pin_thread(pid_t thread, int core)
{
    const cpu_set_t set = only(core);

    if (sched_setaffinity(thread, sizeof(set), &set) != 0)
        return system_problem("pin a thread to processor " + std::to_string(core));
    return {};
}

} // namespace paravane::bench::blk
