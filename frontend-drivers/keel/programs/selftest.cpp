// SPDX-License-Identifier: Apache-2.0
//
// Runs the tests inside the kernel, all or those that are named, and says of each on a line for
// machines how it went.
#include <algorithm>

#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"

namespace keel::program {

namespace {

using selftest::Test;
using selftest::Verdict;

template <typename Function> void for_each_test(const Function &function)
{
    using namespace selftest;

    for (const auto tests :
         {call_tests(), pointer_tests(), multicall_tests(), sched_tests(), clock_tests(),
          memory_tests(), mapping_tests(), event_tests(), exception_tests(), interrupt_tests(),
          protection_tests(), smp_tests(), grant_tests(), grant_copy_tests(), store_tests(),
          store_change_tests()}) {
        for (const Test &test : tests)
            function(test);
    }
}

bool is_test(std::string_view name)
{
    bool found = false;

    for_each_test([&](const Test &test) { found = found || test.name == name; });
    return found;
}

struct Counts {
    uint32_t run = 0;
    uint32_t failed = 0;
};

void run_one(const Test &test, Counts &counts)
{
    Verdict verdict;

    test.run(verdict);
    switch (verdict.kind()) {
    case Verdict::Kind::skip:
        print("@pv test {} skip {}", test.name, verdict.text());
        return;
    case Verdict::Kind::fail:
        print("@pv test {} fail {}", test.name, verdict.text());
        counts.failed++;
        break;
    case Verdict::Kind::pass:
        print("@pv test {} pass", test.name);
        break;
    }
    counts.run++;
}

} // namespace

uint32_t selftest(Words names)
{
    Counts counts;

    for (std::string_view name : names) {
        if (!is_test(name)) {
            print("selftest: no test is called {}", name);
            return status_wrong_usage;
        }
    }
    for_each_test([&](const Test &test) {
        if (names.empty() || std::find(names.begin(), names.end(), test.name) != names.end())
            run_one(test, counts);
    });
    print("@pv tests {} {}", counts.run, counts.failed);
    return counts.failed == 0 ? 0 : 1;
}

} // namespace keel::program
