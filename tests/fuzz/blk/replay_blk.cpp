// SPDX-License-Identifier: Apache-2.0
//
// replay CORPUS COUNT: runs the target on every file of its corpus, without a fuzzer, and then on COUNT inputs
// of a fixed sequence. Fails unless the corpus alone meets every refusal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz_blk.hpp"

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

// Prints how often each was met; false when one was not.
bool report_refusals()
{
    bool all = true;
    for (size_t i = 0; i < blk::refusals; i++) {
        std::printf("  %8llu times  %s%s\n", static_cast<unsigned long long>(blk_refusals[i]),
                    blk::name_of(static_cast<blk::Refusal>(i)),
                    blk_refusals[i] == 0 ? ": not reached by the corpus" : "");
        all = all && blk_refusals[i] != 0;
    }
    return all;
}

void print_requests(const char *of_what)
{
    std::printf("%s: %llu requests checked, %llu of them good, %llu again after a death\n", of_what,
                static_cast<unsigned long long>(blk_requests),
                static_cast<unsigned long long>(blk_good),
                static_cast<unsigned long long>(blk_restored));
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
    print_requests((std::to_string(files) + " files of the corpus").c_str());
    const bool all = report_refusals();
    const bool some = blk_good > 0 && blk_restored > 0;
    const unsigned long count = std::strtoul(argv[2], nullptr, 10);
    replay_sequence(count);
    print_requests(("and " + std::to_string(count) + " inputs of a fixed sequence").c_str());
    return all && some && files > 0 ? 0 : 1;
}
