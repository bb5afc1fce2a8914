// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fmt/format.h>

#include "ring/child.hpp"
#include "ring/dpdk_test.hpp"
#include "ring/interrupt.hpp"
#include "ring/priority.hpp"

namespace paravane::bench {
namespace {

constexpr std::chrono::seconds longest_run{180};

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    Descriptor(Descriptor &&) = delete;
    Descriptor &operator=(Descriptor &&) = delete;
    ~Descriptor() { reset(); }

    void reset()
    {
        if (fd_ >= 0)
            close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

// What the program is told on its standard input.
int commands()
{
    constexpr std::string_view text = "ring_perf_autotest\nquit\n";
    const int fd = memfd_create("commands", MFD_CLOEXEC);

    if (fd >= 0 && (write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
                    lseek(fd, 0, SEEK_SET) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

std::vector<std::string> arguments(const std::string &program, const Setting &setting)
{
    const Cores &cores = setting.cores;
    std::vector<std::string> list = {program,
                                     "--no-pci",
                                     "--no-telemetry",
                                     "-l",
                                     fmt::format("{},{}", cores.producer, cores.consumer),
                                     "--main-lcore",
                                     std::to_string(cores.producer),
                                     "-m",
                                     "64"};

    if (setting.pages == SharedMemory::Pages::huge) {
        list.emplace_back("--in-memory"); // needs no mounted hugetlbfs and leaves no file
    } else {
        list.emplace_back("--no-huge");
        list.emplace_back("--no-shconf");
    }
    return list;
}

int execute(std::vector<std::string> list, int input, int output)
{
    std::vector<char *> pointers;

    pointers.reserve(list.size() + 1);
    for (std::string &word : list)
        pointers.push_back(word.data());
    pointers.push_back(nullptr);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(nowhere, STDERR_FILENO) < 0)
        return 126;
    execv(pointers[0], pointers.data());
    return 127;
}

// Reads until the writer has closed. What is wrong, or empty.
std::string read_all(int fd, std::string &text)
{
    const auto deadline = std::chrono::steady_clock::now() + longest_run;
    std::array<char, 4096> piece = {};

    for (;;) {
        pollfd ready = {fd, POLLIN, 0};
        const int count = poll(&ready, 1, 1000);
        if (interrupted())
            return "interrupted";
        if (std::chrono::steady_clock::now() > deadline)
            return "dpdk-test did not end";
        if (count <= 0)
            continue;
        const ssize_t n = read(fd, piece.data(), piece.size());
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return {};
        text.append(piece.data(), static_cast<size_t>(n));
    }
}

} // namespace

std::string find_dpdk_test()
{
    const char *path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): one thread
    std::string_view rest = path != nullptr ? path : "";

    while (!rest.empty()) {
        const size_t end = rest.find(':');
        std::string file = std::string(rest.substr(0, end)) + "/dpdk-test";
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (access(file.c_str(), X_OK) == 0)
            return file;
    }
    return {};
}

DpdkFigures run_dpdk_test(const std::string &program, const Setting &setting, std::string &error)
{
    std::array<int, 2> ends = {-1, -1};
    const Descriptor input(commands());

    if (input.get() < 0 || pipe2(ends.data(), O_CLOEXEC) != 0) {
        error = "no pipe to dpdk-test";
        return {};
    }
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    Child child = Child::start([&] {
        if (setting.realtime)
            run_realtime();
        return execute(arguments(program, setting), input.get(), writing.get());
    });
    if (!child.running()) {
        error = "cannot start dpdk-test";
        return {};
    }
    writing.reset();
    std::string text;
    error = read_all(reading.get(), text);
    if (!error.empty())
        return {};
    const std::string end = child.reap();
    const DpdkFigures figures =
        parse_dpdk_output(text, setting.cores.siblings ? "two hyperthreads" : "two physical cores");
    if (!figures.complete())
        error =
            end.empty() ? "dpdk-test printed no figures for 16-byte elements" : "dpdk-test " + end;
    return figures;
}

} // namespace paravane::bench
