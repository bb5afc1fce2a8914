// SPDX-License-Identifier: Apache-2.0
#include "guest/threads.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <sched.h>
#include <unistd.h>

namespace paravane::bench {

namespace {

std::vector<pid_t> threads_of(pid_t process)
{
    std::vector<pid_t> threads;
    std::error_code error;

    for (const auto &entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", error))
        threads.push_back(std::stoi(entry.path().filename().string()));
    return threads;
}

} // namespace

std::vector<pid_t> children_of(pid_t process)
{
    const std::string folder = "/proc/" + std::to_string(process) + "/task/";
    std::vector<pid_t> children;

    for (const pid_t thread : threads_of(process)) {
        std::ifstream list(folder + std::to_string(thread) + "/children");
        for (pid_t child = 0; list >> child;)
            children.push_back(child);
    }
    return children;
}

void pin_children_to(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned int>(core), &set);
    for (const pid_t child : children_of(getpid())) {
        for (const pid_t thread : threads_of(child))
            (void)sched_setaffinity(thread, sizeof(set), &set);
    }
}

} // namespace paravane::bench
