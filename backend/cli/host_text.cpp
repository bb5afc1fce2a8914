// SPDX-License-Identifier: Apache-2.0
#include "backend/cli/host_text.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace paravane::cli {
namespace {

using probe::Answer;
using probe::Cost;
using probe::Finding;
using probe::Section;

constexpr std::string_view bold = "\033[1m";
constexpr std::string_view green = "\033[32m";
constexpr std::string_view yellow = "\033[33m";
constexpr std::string_view red = "\033[31m";
constexpr std::string_view plain = "\033[0m";
constexpr size_t answer_width = std::string_view("untried").size();

std::string_view colour_of(Answer answer)
{
    switch (answer) {
    case Answer::yes:
        return green;
    case Answer::no:
        return red;
    case Answer::partly:
    case Answer::untried:
        break;
    }
    return yellow;
}

class Writer {
  public:
    Writer(size_t what_width, bool colour) : what_width_(what_width), colour_(colour) {}

    void title(std::string_view text)
    {
        if (!text_.empty())
            text_ += '\n';
        text_ += painted(bold, text) + '\n';
    }

    void finding(const Finding &finding)
    {
        const std::string answer = fmt::format("{:<{}}", name_of(finding.answer), answer_width);

        // Of a bare "no" the reason stands in the line itself.
        const bool bare = finding.detail.empty();
        line(fmt::format("  {:<{}}  {}  {}", finding.what, what_width_,
                         painted(colour_of(finding.answer), answer),
                         bare ? finding.why : finding.detail));
        if (!bare && !finding.why.empty())
            line(margin() + "but " + finding.why);
        if (!finding.advice.empty())
            line(margin() + "-> " + finding.advice);
    }

    void cost(const Cost &cost)
    {
        if (cost.spread) {
            line(fmt::format("  {:<{}}  {:>9.3f}  {:>9.3f}  {:>9.3f}  {:>6}", cost.what,
                             what_width_, cost.spread->median / 1000, cost.spread->least / 1000,
                             cost.spread->most / 1000, cost.spread->rounds));
        } else {
            line(fmt::format("  {:<{}}  {}  {}", cost.what, what_width_,
                             painted(yellow, name_of(Answer::untried)), cost.why));
        }
    }

    void line(std::string text)
    {
        text.erase(text.find_last_not_of(' ') + 1);
        text_ += text + '\n';
    }

    [[nodiscard]] std::string painted(std::string_view with, std::string_view text) const
    {
        if (!colour_)
            return std::string(text);
        return fmt::format("{}{}{}", with, text, plain);
    }

    [[nodiscard]] std::string text() && { return std::move(text_); }

  private:
    [[nodiscard]] std::string margin() const
    {
        return std::string(2 + what_width_ + 2 + answer_width + 2, ' ');
    }

    size_t what_width_;
    bool colour_;
    std::string text_;
};

size_t width_of(const HostReport &report)
{
    size_t width = 0;

    for (const Section &section : report.sections) {
        for (const Finding &finding : section.findings)
            width = std::max(width, finding.what.size());
    }
    for (const Cost &cost : report.costs)
        width = std::max(width, cost.what.size());
    return width;
}

void write_costs(Writer &writer, const HostReport &report, size_t width)
{
    if (report.costs.empty())
        return;
    const bool any = std::any_of(report.costs.begin(), report.costs.end(),
                                 [](const Cost &cost) { return cost.spread.has_value(); });
    writer.title(any ? "What an exit costs, in microseconds" : "What an exit costs");
    if (any)
        writer.line(fmt::format("  {:<{}}  {:>9}  {:>9}  {:>9}  {:>6}", "", width, "median",
                                "least", "most", "rounds"));
    for (const Cost &cost : report.costs)
        writer.cost(cost);
}

} // namespace

std::string text_of(const HostReport &report, bool colour)
{
    const size_t width = width_of(report);
    Writer writer(width, colour);

    for (const Section &section : report.sections) {
        writer.title(section.title);
        for (const Finding &finding : section.findings)
            writer.finding(finding);
        if (section.id == "kvm")
            write_costs(writer, report, width);
    }
    return std::move(writer).text();
}

} // namespace paravane::cli
