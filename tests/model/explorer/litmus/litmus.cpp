// SPDX-License-Identifier: Apache-2.0
//
// Runs the table: each shape with and without prophecy, and each of those with and without pruning,
// reduction and settle(), which must not change what is found.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "shape.hpp"

namespace paravane::explorer::litmus {

void describe(Program &program, unsigned registers, const std::vector<Address> &finals)
{
    program.word_at(x, "x");
    program.word_at(y, "y");
    program.word_at(z, "z");
    program.on_each([] { seen.fill(0); });
    program.on_end([registers, finals] {
        std::string text;
        for (unsigned place = 0; place < registers; place++)
            text += std::string(text.empty() ? "" : " ") + std::to_string(seen[place]);
        for (const Address word : finals)
            text += std::string(text.empty() ? "" : " ") + std::to_string(rlx(word));
        outcome(text);
    });
}

namespace {
std::string join(const std::vector<std::string> &items)
{
    std::string text = "{";
    for (const std::string &item : items)
        text += (text.size() > 1 ? ", " : "") + item;
    return text + "}";
}

struct Mode {
    bool prophecy, prune, reduce, settle;
};

bool run(const Shape &shape, const Mode &mode, Result &result)
{
    Program program;
    shape.build(program);
    Options options;
    options.prophecy = mode.prophecy;
    options.prune = mode.prune;
    options.reduce = mode.reduce;
    options.settle = mode.settle;
    result = explore(program, options);
    if (shape.violation != nullptr)
        return result.violated && result.violation.rfind(shape.violation, 0) == 0;
    std::vector<std::string> allowed =
        !mode.prophecy && !shape.without_prophecy.empty() ? shape.without_prophecy : shape.allowed;
    std::sort(allowed.begin(), allowed.end());
    return !result.violated && result.outcomes == allowed;
}

bool check(const Shape &shape)
{
    bool good = true;
    Result shown;
    for (unsigned bits = 0; bits < 16; bits++) {
        const Mode mode{(bits & 1U) == 0, (bits & 2U) == 0, (bits & 4U) == 0, (bits & 8U) == 0};
        Result result;
        if (run(shape, mode, result)) {
            if (bits == 0)
                shown = result;
            continue;
        }
        good = false;
        std::printf("FAIL %s with%s prophecy, with%s pruning, with%s reduction, "
                    "settle() %s\n",
                    shape.name, mode.prophecy ? "" : "out", mode.prune ? "" : "out",
                    mode.reduce ? "" : "out", mode.settle ? "believed" : "not believed");
        std::printf("     found   %s %s\n     allowed %s %s\n     without prophecy %s\n",
                    join(result.outcomes).c_str(), result.violation.c_str(),
                    join(shape.allowed).c_str(), shape.violation ? shape.violation : "",
                    join(shape.without_prophecy).c_str());
        for (const std::string &line : result.trace)
            std::printf("     %s\n", line.c_str());
    }
    if (good)
        std::printf("ok   %-24s %-38s %6llu executions %6llu states  (%s)\n", shape.name,
                    shape.violation != nullptr ? shape.violation : join(shown.outcomes).c_str(),
                    static_cast<unsigned long long>(shown.executions),
                    static_cast<unsigned long long>(shown.states), shape.source);
    return good;
}
} // namespace

} // namespace paravane::explorer::litmus

int main(int count, char **names)
{
    if (const char *why = paravane::explorer::unavailable(); why != nullptr) {
        std::printf("SKIP: %s\n", why);
        return 77;
    }
    using namespace paravane::explorer::litmus;
    unsigned run = 0;
    unsigned failed = 0;
    for (const auto *shapes :
         {&two_thread_shapes(), &order_shapes(), &many_thread_shapes(), &facility_shapes()}) {
        for (const Shape &shape : *shapes) {
            bool wanted = count == 1;
            for (int at = 1; at < count; at++)
                wanted = wanted || std::strcmp(names[at], shape.name) == 0;
            if (!wanted)
                continue;
            run++;
            failed += check(shape) ? 0U : 1U;
        }
    }
    std::printf("litmus: %u shapes in 16 modes each, %u failed\n", run, failed);
    return failed == 0 && run != 0 ? 0 : 1;
}
