// SPDX-License-Identifier: Apache-2.0
//
// replay CORPUS COUNT: runs the target on every file of its corpus, without a fuzzer, and then on COUNT
// inputs of a fixed sequence. Fails unless the corpus alone reaches all that the target wants.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "verdict.hpp"

namespace paravane::fuzz {
namespace {

size_t replay_folder(const std::string &folder)
{
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto &path : files) {
        std::ifstream file(path, std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        const std::vector<uint8_t> input(bytes.begin(), bytes.end());
        static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
    }
    return files.size();
}

void replay_sequence(unsigned long count)
{
    std::mt19937_64 random(1);
    for (unsigned long i = 0; i < count; i++) {
        std::vector<uint8_t> input(16 + i % 1024);
        for (uint8_t &byte : input)
            byte = static_cast<uint8_t>(random());
        static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
    }
}

bool report_goals()
{
    bool all = true;
    for (const Goal &goal : goals()) {
        std::printf("  %8llu times  %s%s\n", static_cast<unsigned long long>(goal.times),
                    goal.what.c_str(), goal.times == 0 ? ": not reached by the corpus" : "");
        all = all && goal.times != 0;
    }
    return all;
}

} // namespace
} // namespace paravane::fuzz

int main(int argc, char **argv)
{
    using namespace paravane::fuzz;
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s CORPUS COUNT\n", argv[0]);
        return 2;
    }
    const size_t files = replay_folder(argv[1]);
    std::printf("%zu files of the corpus\n", files);
    const bool all = report_goals();
    const unsigned long count = std::strtoul(argv[2], nullptr, 10);
    replay_sequence(count);
    std::printf("and %lu inputs of a fixed sequence\n", count);
    return all && files > 0 ? 0 : 1;
}
