// SPDX-License-Identifier: Apache-2.0
//
// paravane-unit [--expect-properties NAME,NAME...] [GoogleTest's options]: runs the tests, each with
// a limit of CPU time, so that a loop without an end is a failure. Running none is a failure too.
// With --expect-properties it only compares the names of the properties.
#include <cstdio>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <sys/time.h>

#include "property.hpp"

namespace paravane::unit {

namespace {

// Of CPU, in a test that takes a second under the slowest sanitizer.
constexpr time_t limit_seconds = 30;

std::set<std::string> &property_names()
{
    static std::set<std::string> names;
    return names;
}

// SIGVTALRM ends the program.
class CpuLimit : public testing::EmptyTestEventListener {
  public:
    void OnTestStart(const testing::TestInfo & /*test*/) override
    {
        const itimerval limit = {.it_interval = {}, .it_value = {limit_seconds, 0}};
        setitimer(ITIMER_VIRTUAL, &limit, nullptr);
    }
};

class PropertyTest : public testing::Test {
  public:
    explicit PropertyTest(void (*check)()) : check_(check) {}
    void TestBody() override { check_(); }

  private:
    void (*check_)();
};

int compare_properties(const std::string &list)
{
    std::set<std::string> expected;
    std::istringstream words(list);
    for (std::string name; std::getline(words, name, ',');)
        expected.insert(name);
    if (expected == property_names())
        return 0;
    for (const std::string &name : property_names())
        if (!expected.contains(name))
            std::printf("property %s is not registered with ctest\n", name.c_str());
    for (const std::string &name : expected)
        if (!property_names().contains(name))
            std::printf("no property %s\n", name.c_str());
    return 1;
}

} // namespace

Property::Property(const char *name, void (*check)(), const char *file, int line)
{
    property_names().insert(name);
    testing::RegisterTest("Property", name, nullptr, nullptr, file, line,
                          [check] { return new PropertyTest(check); });
}

} // namespace paravane::unit

int main(int argc, char **argv)
{
    if (argc == 3 && std::string(argv[1]) == "--expect-properties")
        return paravane::unit::compare_properties(argv[2]);
    testing::InitGoogleTest(&argc, argv);
    testing::UnitTest *tests = testing::UnitTest::GetInstance();
    tests->listeners().Append(new paravane::unit::CpuLimit);
    const int status = RUN_ALL_TESTS();
    if (!testing::GTEST_FLAG(list_tests) && tests->test_to_run_count() == 0) {
        std::puts("no test ran");
        return 1;
    }
    return status;
}
