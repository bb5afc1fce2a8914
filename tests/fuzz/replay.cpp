// SPDX-License-Identifier: Apache-2.0
//
// replay CORPUS COUNT: runs a fuzz target on every file of its corpus, without a fuzzer, and then on
// COUNT inputs of a fixed sequence. Fails unless the corpus alone breaks every rule that the target
// can see broken.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "verdict.hpp"

namespace paravane::fuzz {

namespace {

// Returns how many files there were, in the order of their names.
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
    uint64_t state = 0x9e3779b97f4a7c15;
    for (unsigned long i = 0; i < count; i++) {
        std::vector<uint8_t> input(16 + i % 1024);
        for (uint8_t &byte : input) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            byte = static_cast<uint8_t>(state >> 32);
        }
        static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
    }
}

// Prints how often each rule was broken; false when one that can be reached was not.
bool report_rules()
{
    const std::vector<pv_rule> reachable = reachable_rules();
    bool all = true;
    for (unsigned int number = 1; number < PV_RULES; number++) {
        const auto rule = static_cast<pv_rule>(number);
        const bool expected =
            std::find(reachable.begin(), reachable.end(), rule) != reachable.end();
        if (expected || refusals[number] != 0)
            std::printf("  rule %2u %8llu times  %s\n", number,
                        static_cast<unsigned long long>(refusals[number]), pv_rule_name(rule));
        if (expected != (refusals[number] != 0)) {
            std::printf("  rule %2u %s\n", number,
                        expected ? "is not reached by the corpus" : "cannot be, yet was reached");
            all = false;
        }
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
    std::printf("%zu files of the corpus, %llu calls checked\n", files,
                static_cast<unsigned long long>(operations));
    const bool all = report_rules();
    const unsigned long count = std::strtoul(argv[2], nullptr, 10);
    replay_sequence(count);
    std::printf("and %lu inputs of a fixed sequence: %llu calls checked in all\n", count,
                static_cast<unsigned long long>(operations));
    return all && files > 0 ? 0 : 1;
}
