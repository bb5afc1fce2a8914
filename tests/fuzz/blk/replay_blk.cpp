// SPDX-License-Identifier: Apache-2.0
//
// replay CORPUS COUNT: runs the target on every file of its corpus, without a fuzzer, and then on COUNT inputs
// of a fixed sequence. Fails unless the corpus alone meets every refusal, and each file what its name says.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fuzz_blk.hpp"

namespace paravane::fuzz {
namespace {

// "good-...": there is a good request, and none is refused; "refused-...": all are refused, and for one reason.
bool is_as_named(const std::string &name, bool good, std::size_t reasons)
{
    if (name.starts_with("good-"))
        return good && reasons == 0;
    return !name.starts_with("refused-") || (!good && reasons == 1);
}

// How many files there are, and whether each was what its name says.
std::pair<size_t, bool> replay_folder(const std::string &folder)
{
    bool as_named = true;
    std::vector<std::filesystem::path> files;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto &path : files) {
        std::ifstream file(path, std::ios::binary);
        const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
        const std::vector<uint8_t> input(bytes.begin(), bytes.end());
        const uint64_t good_before = blk_good;
        const auto refused_before = blk_refusals;
        static_cast<void>(LLVMFuzzerTestOneInput(input.data(), input.size()));
        const std::string name = path.filename();
        std::size_t reasons = 0;
        for (std::size_t i = 0; i < blk::refusals; i++)
            reasons += std::size_t{blk_refusals.at(i) != refused_before.at(i)};
        if (!is_as_named(name, blk_good != good_before, reasons)) {
            std::printf("%s is not what its name says\n", name.c_str());
            as_named = false;
        }
    }
    return {files.size(), as_named};
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
    const auto [files, as_named] = replay_folder(argv[1]);
    print_requests((std::to_string(files) + " files of the corpus").c_str());
    const bool all = report_refusals();
    const bool some = blk_good > 0 && blk_restored > 0;
    const unsigned long count = std::strtoul(argv[2], nullptr, 10);
    replay_sequence(count);
    print_requests(("and " + std::to_string(count) + " inputs of a fixed sequence").c_str());
    return all && some && as_named && files > 0 ? 0 : 1;
}
