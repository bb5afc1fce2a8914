// SPDX-License-Identifier: Apache-2.0
//
// Explorer against axioms: random programs, and for each the two sets of outcomes, which must be the
// same to the last element. Usage: model_axioms [programs [first seed]]
#include <cstdio>
#include <cstdlib>

#include "random_program.hpp"

namespace {
using namespace paravane::explorer;
using namespace paravane::explorer::axioms;

void print_missing(const char *what, const std::vector<std::string> &from,
                   const std::vector<std::string> &in)
{
    for (const std::string &outcome : from) {
        bool found = false;
        for (const std::string &other : in)
            found = found || other == outcome;
        if (!found)
            std::printf("     %s: %s\n", what, outcome.c_str());
    }
}

bool compare(std::uint64_t seed, const RandomProgram &program, bool prophecy, bool prune,
             std::size_t &outcomes)
{
    Options options;
    options.prophecy = prophecy;
    options.prune = prune;
    options.reduce = prune;
    const std::vector<std::string> explored = operational(program, options);
    const std::vector<std::string> expected = axiomatic(program, prophecy);
    outcomes += expected.size();
    if (explored == expected)
        return true;
    std::printf("FAIL seed %llu, with%s prophecy: %s\n", static_cast<unsigned long long>(seed),
                prophecy ? "" : "out", program.text().c_str());
    print_missing("only the axioms allow  ", expected, explored);
    print_missing("only the explorer found", explored, expected);
    return false;
}
} // namespace

int main(int count, char **arguments)
{
    if (const char *why = paravane::explorer::unavailable(); why != nullptr) {
        std::printf("SKIP: %s\n", why);
        return 77;
    }
    const unsigned long long programs = count > 1 ? std::strtoull(arguments[1], nullptr, 0) : 1500;
    const unsigned long long first = count > 2 ? std::strtoull(arguments[2], nullptr, 0) : 1;
    std::size_t outcomes = 0;
    unsigned failed = 0;
    unsigned long long weak = 0;
    for (unsigned long long seed = first; seed < first + programs && failed < 5; seed++) {
        const RandomProgram program = make_program(seed);
        // Without pruning the bigger programs take long: every fifth is enough to compare.
        const bool prune = seed % 5 != 0 || program.events.size() > 6;
        std::size_t with = 0;
        std::size_t without = 0;
        failed += compare(seed, program, true, prune, with) ? 0U : 1U;
        failed += compare(seed, program, false, prune, without) ? 0U : 1U;
        weak += with != without ? 1U : 0U;
        outcomes += with + without;
    }
    std::printf("axioms: %llu random programs, each with and without prophecy (%llu differ), "
                "%zu outcomes, %u failed\n",
                programs, weak, outcomes, failed);
    return failed == 0 && outcomes != 0 ? 0 : 1;
}
