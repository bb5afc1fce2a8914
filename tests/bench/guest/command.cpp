// SPDX-License-Identifier: Apache-2.0
#include "guest/command.hpp"

#include <array>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "hypercall/control/child.hpp"

namespace paravane::bench {

Result<Command> Command::start(const std::vector<std::string> &words)
{
    const std::string program = program_beside(words.at(0));
    std::vector<std::string> copies(words);
    std::vector<char *> arguments;
    std::array<int, 2> ends{};
    posix_spawn_file_actions_t actions{};
    pid_t pid = -1;

    arguments.reserve(copies.size() + 1);
    for (std::string &word : copies)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return system_problem("a pipe");
    UniqueFd reading(ends[0]);
    const UniqueFd writing(ends[1]);
    posix_spawn_file_actions_init(&actions);
    // What is typed is not the guest's.
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
    const int number =
        posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (number != 0)
        return system_problem("start " + program, number);
    return Command(pid, std::move(reading));
}

Command::Command(Command &&other) noexcept
    : pid_(std::exchange(other.pid_, -1)), reading_(std::move(other.reading_)),
      text_(std::move(other.text_))
{
}

Command::~Command()
{
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        (void)wait();
    }
}

bool Command::await_output()
{
    std::array<char, 4096> piece{};
    ssize_t bytes = 0;

    do
        bytes = read(reading_.get(), piece.data(), piece.size());
    while (bytes < 0 && errno == EINTR);
    if (bytes > 0)
        text_.append(piece.data(), static_cast<size_t>(bytes));
    return bytes > 0;
}

std::string Command::output()
{
    while (await_output())
        ;
    return text_;
}

int Command::wait()
{
    int status = 0;

    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR)
        ;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace paravane::bench
