// SPDX-License-Identifier: Apache-2.0
//
// Tests that run inside the kernel. One passes unless it says otherwise; the macros say so and return.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "frontend-drivers/keel/format.hpp"

namespace keel::selftest {

class Verdict {
  public:
    enum class Kind : uint8_t { pass, fail, skip };

    void fail(uint32_t line, std::string_view what)
    {
        kind_ = Kind::fail;
        format(text_, "line {}: {}", line, what);
    }
    void fail(uint32_t line, std::string_view what, const Value &is, const Value &wanted)
    {
        kind_ = Kind::fail;
        format_values(text_, "line {}: {} is {}, not {}",
                      std::array<Value, 4>{Value(line), Value(what), is, wanted});
    }
    void skip(std::string_view why)
    {
        kind_ = Kind::skip;
        text_.put(why);
    }

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] std::string_view text() const { return text_.text(); }

  private:
    Kind kind_ = Kind::pass;
    std::array<char, 256> room_{};
    Writer text_{room_};
};

struct Test {
    std::string_view name;
    void (*run)(Verdict &verdict);
};

[[nodiscard]] std::span<const Test> call_tests();
[[nodiscard]] std::span<const Test> clock_tests();
[[nodiscard]] std::span<const Test> event_tests();
[[nodiscard]] std::span<const Test> exception_tests();
[[nodiscard]] std::span<const Test> grant_copy_tests();
[[nodiscard]] std::span<const Test> grant_tests();
[[nodiscard]] std::span<const Test> interrupt_tests();
[[nodiscard]] std::span<const Test> mapping_tests();
[[nodiscard]] std::span<const Test> memory_tests();
[[nodiscard]] std::span<const Test> multicall_tests();
[[nodiscard]] std::span<const Test> pointer_tests();
[[nodiscard]] std::span<const Test> protection_tests();
[[nodiscard]] std::span<const Test> sched_tests();
[[nodiscard]] std::span<const Test> smp_tests();
[[nodiscard]] std::span<const Test> store_change_tests();
[[nodiscard]] std::span<const Test> store_tests();

} // namespace keel::selftest

// In a function with a Verdict called `verdict` that returns nothing.
#define KEEL_EXPECT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return verdict.fail(__LINE__, #condition);                                             \
    } while (false)

#define KEEL_EXPECT_IS(expression, wanted)                                                         \
    do {                                                                                           \
        const auto keel_is = (expression);                                                         \
        if (!(keel_is == (wanted)))                                                                \
            return verdict.fail(__LINE__, #expression, keel_is, wanted);                           \
    } while (false)

#define KEEL_NEEDS(feature)                                                                        \
    do {                                                                                           \
        if (!start().offers(feature))                                                              \
            return verdict.skip("the host does not offer " #feature);                              \
    } while (false)
