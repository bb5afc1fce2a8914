// SPDX-License-Identifier: Apache-2.0
//
// What the kernel's own memory lets nobody do, itself included: write to code or constants, run data, or
// overflow a stack.
#include <array>
#include <atomic>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/selftest/skipped_stores.hpp"
#include "frontend-drivers/keel/selftest/test.hpp"
#include "frontend-drivers/keel/smp.hpp"

extern "C" {
extern const char keel_code_begin[];
extern const char keel_code_end[];
}

namespace keel::selftest {

namespace {

constexpr uint64_t page = PV_PAGE_SIZE;
constexpr unsigned char return_instruction = 0xc3;

const std::array<uint64_t, 2> constants = {1, 2};
constinit std::array<unsigned char, 16> data = {return_instruction};

// Calls that were no calls: nothing may run there.
class SkippedCalls {
  public:
    SkippedCalls()
    {
        count_ = 0;
        exceptions::set_hook(skip);
    }
    SkippedCalls(const SkippedCalls &) = delete;
    SkippedCalls &operator=(const SkippedCalls &) = delete;
    ~SkippedCalls() { exceptions::set_hook(nullptr); }

    [[nodiscard]] static uint32_t count() { return count_.load(); }

    // Of code that only returns.
    static void call(uint64_t address)
    {
        called_ = address;
        asm volatile("call *%[at]" : : [at] "r"(address) : "memory");
    }

  private:
    static bool skip(ExceptionFrame &frame)
    {
        if (frame.vector != exceptions::page_fault || frame.rip != called_)
            return false;
        count_.fetch_add(1);
        frame.rip = *pointer_to<uint64_t>(frame.rsp);
        frame.rsp += sizeof(uint64_t);
        return true;
    }

    inline static constinit std::atomic<uint32_t> count_ = 0;
    inline static constinit std::atomic<uint64_t> called_ = 0;
};

void code_and_constants(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const SkippedStores skipped;
    uint32_t stores = 0;

    // Each page of code, not the first alone.
    for (uint64_t at = number_of(keel_code_begin); at < number_of(keel_code_end); at += page) {
        const uint64_t before = *pointer_to<uint64_t>(at);
        SkippedStores::store(at, ~before);
        KEEL_EXPECT_IS(skipped.count(), ++stores);
        KEEL_EXPECT_IS(*pointer_to<uint64_t>(at), before);
    }
    SkippedStores::store(number_of(constants.data()), 3);
    KEEL_EXPECT_IS(skipped.count(), ++stores);
    KEEL_EXPECT_IS(*pointer_to<uint64_t>(number_of(constants.data())), uint64_t{1});
}

void data_does_not_run(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const SkippedCalls skipped;
    std::array<unsigned char, 16> on_stack = {return_instruction};
    auto *allocated = static_cast<unsigned char *>(pages().allocate(0));

    KEEL_EXPECT(allocated != nullptr);
    allocated[0] = return_instruction;
    const std::array places = {number_of(data.data()),         number_of(on_stack.data()),
                               number_of(allocated),           number_of(constants.data()),
                               virtual_of(start().event_area), virtual_of(start().command_line)};
    for (uint32_t i = 0; i < places.size(); i++) {
        SkippedCalls::call(places[i]);
        KEEL_EXPECT_IS(skipped.count(), i + 1);
    }
    (void)pages().release(allocated);
}

void stacks_have_guards(Verdict &verdict)
{
    KEEL_NEEDS(PV_FEATURE_PROTECT);
    KEEL_NEEDS(PV_FEATURE_CALLBACKS);
    const SkippedStores skipped;
    uint32_t stores = 0;

    for (uint32_t vcpu = 0; vcpu < smp::prepared(); vcpu++) {
        const uint64_t guard = number_of(vcpu_at(vcpu).stack) + KEEL_STACK_GUARD;
        for (const uint64_t at : {guard, guard + page - sizeof(uint64_t)}) {
            SkippedStores::store(at, 1);
            KEEL_EXPECT_IS(skipped.count(), ++stores);
        }
    }
}

constexpr std::array<Test, 3> tests = {{
    {"protection-code-and-constants", code_and_constants},
    {"protection-data-does-not-run", data_does_not_run},
    {"protection-stack-guards", stacks_have_guards},
}};

} // namespace

std::span<const Test> protection_tests()
{
    return tests;
}

} // namespace keel::selftest
