// SPDX-License-Identifier: Apache-2.0
#include "hypercall/control/child.hpp"

#include <array>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace paravane {

namespace {

// The socket; what else it inherits comes next.
constexpr int first_inherited = 3;

class SpawnActions {
  public:
    SpawnActions() { posix_spawn_file_actions_init(&actions_); }
    SpawnActions(const SpawnActions &) = delete;
    SpawnActions &operator=(const SpawnActions &) = delete;
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    posix_spawn_file_actions_t *get() { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

// A process group of its own: what a terminal sends to stop or end a job is its supervisor's to translate.
class OwnGroup {
  public:
    OwnGroup()
    {
        posix_spawnattr_init(&attributes_);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP);
    }
    OwnGroup(const OwnGroup &) = delete;
    OwnGroup &operator=(const OwnGroup &) = delete;
    ~OwnGroup() { posix_spawnattr_destroy(&attributes_); }
    posix_spawnattr_t *get() { return &attributes_; }

  private:
    posix_spawnattr_t attributes_{};
};

} // namespace

std::string program_beside(const std::string &name)
{
    std::array<char, PATH_MAX> path{};
    const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
    const std::string self(path.data(), length > 0 ? static_cast<std::size_t>(length) : 0);

    return self.substr(0, self.rfind('/') + 1) + name;
}

std::string how_it_ended(int status)
{
    if (WIFSIGNALED(status))
        return std::string("died: ") + strsignal(WTERMSIG(status));
    return "ended unexpectedly, with status " + std::to_string(WEXITSTATUS(status));
}

Child::Child(Child &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), descriptor_(std::move(other.descriptor_))
{
}

Child &Child::operator=(Child &&other) noexcept
{
    std::swap(pid_, other.pid_);
    descriptor_.swap(other.descriptor_);
    return *this;
}

Child::~Child()
{
    kill();
    (void)wait();
}

Result<Child> Child::start(const std::string &program, UniqueFd socket,
                           const Surroundings &surroundings)
{
    const std::span<const int> inherited = surroundings.inherited;
    SpawnActions actions;
    OwnGroup group;
    Child child;
    std::string name = program;
    std::array<char *, 2> arguments = {name.data(), nullptr};

    std::vector<int> wanted = {socket.get()};
    wanted.insert(wanted.end(), inherited.begin(), inherited.end());
    // Copies behind all the places: none is then overwritten before it is moved, nor moved onto itself,
    // which would leave it to be closed by exec.
    const int behind = first_inherited + static_cast<int>(wanted.size());
    std::vector<UniqueFd> copies;
    for (const int fd : wanted) {
        const int place = first_inherited + static_cast<int>(copies.size());
        const UniqueFd &copy = copies.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, behind));
        if (!copy)
            return system_problem("a descriptor for " + program);
        posix_spawn_file_actions_adddup2(actions.get(), copy.get(), place);
    }
    const OnCores there(surroundings.cores);
    if (!there.moved())
        return there.moved().error();
    const int number = posix_spawn(&child.pid_, program.c_str(), actions.get(), group.get(),
                                   arguments.data(), environ);
    if (number != 0) {
        child.pid_ = -1;
        return system_problem("start " + program, number);
    }
    child.descriptor_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, child.pid_, 0)));
    if (!child.descriptor_)
        return system_problem("watch " + program);
    return child;
}

int Child::wait()
{
    int status = 0;

    if (pid_ < 0)
        return status;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR)
        ;
    pid_ = -1;
    return status;
}

void Child::leave()
{
    kill();
    pid_ = -1;
}

void Child::kill() const
{
    if (pid_ > 0)
        ::kill(pid_, SIGKILL);
}

} // namespace paravane
