// SPDX-License-Identifier: Apache-2.0
#include "report/machine.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <thread>

#include <sys/utsname.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "report/cycles.hpp"

namespace paravane::bench {
namespace {

std::string cpu_model()
{
    std::ifstream file("/proc/cpuinfo");
    std::string line;

    while (std::getline(file, line)) {
        const size_t colon = line.find(": ");
        if (colon != std::string::npos && line.starts_with("model name"))
            return line.substr(colon + 2);
    }
    return "unknown";
}

std::string hypervisor_vendor()
{
#if defined(__x86_64__)
    constexpr unsigned int hypervisor_bit = 1U << 31;
    unsigned int a = 0, b = 0, c = 0, d = 0;

    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & hypervisor_bit) == 0)
        return "none";
    __cpuid(0x40000000U, a, b, c, d);
    const std::array<unsigned int, 3> words = {b, c, d};
    std::array<char, sizeof(words) + 1> text = {};
    std::memcpy(text.data(), words.data(), sizeof(words));
    return std::string(text.data()).empty() ? "unnamed" : text.data();
#else
    std::ifstream file("/sys/hypervisor/type");
    std::string type;
    return std::getline(file, type) ? type : "unknown";
#endif
}

double measured_mhz()
{
    using clock = std::chrono::steady_clock;

    if (!have_cycles)
        return 0;
    const auto start_time = clock::now();
    const uint64_t start = cycles();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const uint64_t end = cycles();
    const std::chrono::duration<double, std::micro> microseconds = clock::now() - start_time;
    return static_cast<double>(end - start) / microseconds.count();
}

std::string utc_date()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts = {};
    std::array<char, 32> text = {};

    gmtime_r(&now, &parts);
    const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text.data(), length};
}

uint64_t memory_bytes()
{
    return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
           static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

} // namespace

Machine this_machine()
{
    utsname name = {};
    Machine machine;

    uname(&name);
    machine.cpu = cpu_model();
    machine.cores = static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_ONLN));
    machine.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
    machine.hypervisor = hypervisor_vendor();
    machine.tsc_mhz = measured_mhz();
    machine.memory = memory_bytes();
    machine.date = utc_date();
    return machine;
}

Build this_build()
{
    return {PARAVANE_BUILD_VERSION, PARAVANE_BUILD_COMPILER, PARAVANE_BUILD_FLAGS,
            PARAVANE_BUILD_TYPE};
}

} // namespace paravane::bench
