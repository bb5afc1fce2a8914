// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/cycles.hpp"
#include "report/json_file.hpp"
#include "report/report.hpp"

namespace paravane::bench {
namespace {

using nlohmann::json;

Report sample()
{
    Report report;

    report.machine = this_machine();
    report.build = this_build();
    report.add("throughput", "16-byte slots, burst 8", "cycles per element",
               std::vector<double>{9, 7, 8});
    report.add("throughput", "16-byte slots, burst 32", "cycles per element",
               std::vector<double>{4, 5, 6, 5.5});
    report.targets = {{"reached", 1.25, 1.0}, {"missed", 0.5, 1.0}, {"nobody looked", {}, 1.0}};
    return report;
}

class Folder {
  public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "paravane.XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    [[nodiscard]] const std::filesystem::path &path() const { return path_; }
    [[nodiscard]] long files() const
    {
        return std::distance(std::filesystem::directory_iterator(path_),
                             std::filesystem::directory_iterator());
    }

  private:
    std::filesystem::path path_;
};

TEST(Statistics, MedianMinMax)
{
    const Summary odd = summarise(std::vector<double>{9, 7, 8});
    const Summary even = summarise(std::vector<double>{4, 1, 3, 2});

    EXPECT_EQ(odd.median, 8);
    EXPECT_EQ(odd.min, 7);
    EXPECT_EQ(odd.max, 9);
    EXPECT_EQ(odd.rounds, 3U);
    EXPECT_EQ(even.median, 2.5);
    EXPECT_EQ(summarise({}).rounds, 0U);
}

TEST(Machine, IsDescribed)
{
    const Machine machine = this_machine();

    EXPECT_FALSE(machine.cpu.empty());
    EXPECT_GE(machine.cores, 1U);
    EXPECT_NE(machine.kernel.find("Linux"), std::string::npos);
    EXPECT_FALSE(machine.hypervisor.empty());
    EXPECT_GT(machine.memory, 1U << 20);
    EXPECT_EQ(machine.date.size(), std::string("2024-01-31T12:34:56Z").size());
    if (have_cycles) {
        EXPECT_GT(machine.tsc_mhz, 1);
        EXPECT_LT(machine.tsc_mhz, 20000);
    }
    EXPECT_FALSE(this_build().version.empty());
    EXPECT_FALSE(this_build().compiler.empty());
}

TEST(Form, OfASampleIsKept)
{
    const json document = to_json(sample());

    EXPECT_EQ(form_faults(document), std::vector<std::string>{});
    EXPECT_EQ(document["rows"][1]["median"], 5.25);
    EXPECT_EQ(document["targets"][0]["met"], true);
    EXPECT_EQ(document["targets"][1]["met"], false);
    EXPECT_TRUE(document["targets"][2]["met"].is_null());
}

TEST(Form, EachBreakIsFound)
{
    const std::vector<std::pair<const char *, std::function<void(json &)>>> breaks = {
        {"another schema", [](json &d) { d["schema"] = 2; }},
        {"no schema", [](json &d) { d.erase("schema"); }},
        {"a field too many", [](json &d) { d["extra"] = 1; }},
        {"no machine", [](json &d) { d.erase("machine"); }},
        {"machine without cpu", [](json &d) { d["machine"].erase("cpu"); }},
        {"cores as text", [](json &d) { d["machine"]["cores"] = "2"; }},
        {"a negative memory", [](json &d) { d["machine"]["memory"] = -1; }},
        {"build without flags", [](json &d) { d["build"].erase("flags"); }},
        {"no rows", [](json &d) { d["rows"] = json::array(); }},
        {"rows as object", [](json &d) { d["rows"] = json::object(); }},
        {"a row without unit", [](json &d) { d["rows"][0].erase("unit"); }},
        {"a row with an empty unit", [](json &d) { d["rows"][0]["unit"] = ""; }},
        {"a row with one more field", [](json &d) { d["rows"][0]["mean"] = 8.0; }},
        {"a median outside", [](json &d) { d["rows"][0]["median"] = 100.0; }},
        {"no rounds", [](json &d) { d["rows"][0]["rounds"] = 0U; }},
        {"a row that is none", [](json &d) { d["rows"][0] = 3; }},
        {"met as text", [](json &d) { d["targets"][0]["met"] = "yes"; }},
        {"met without a value", [](json &d) { d["targets"][0]["value"] = nullptr; }},
        {"met though missed", [](json &d) { d["targets"][1]["met"] = true; }},
        {"a target without name", [](json &d) { d["targets"][0].erase("name"); }},
    };

    for (const auto &[name, make] : breaks) {
        json document = to_json(sample());
        make(document);
        EXPECT_FALSE(form_faults(document).empty()) << name;
    }
}

TEST(JsonFile, IsWrittenWhole)
{
    const Folder folder;
    const std::string path = folder.path() / "report.json";

    {
        JsonFile file;
        ASSERT_EQ(file.open(path), "");
        EXPECT_FALSE(std::filesystem::exists(path));
        ASSERT_EQ(file.write(sample()), "");
    }
    std::ifstream text(path);
    EXPECT_EQ(form_faults(json::parse(text)), std::vector<std::string>{});
    EXPECT_EQ(folder.files(), 1);
}

TEST(JsonFile, LeavesNothingBehindWhenNotWritten)
{
    const Folder folder;

    {
        JsonFile file;
        ASSERT_EQ(file.open(folder.path() / "report.json"), "");
        EXPECT_EQ(folder.files(), 1);
    }
    EXPECT_EQ(folder.files(), 0);
}

TEST(JsonFile, RefusesWhatCannotBeWritten)
{
    const Folder folder;
    JsonFile missing, directory;

    EXPECT_NE(missing.open(folder.path() / "no" / "such" / "folder"), "");
    EXPECT_FALSE(missing.is_open());
    EXPECT_NE(directory.open(folder.path()), "");
}

TEST(JsonFile, RefusesAReportWithoutTheForm)
{
    const Folder folder;
    JsonFile file;
    Report empty = sample();

    empty.rows.clear();
    ASSERT_EQ(file.open(folder.path() / "report.json"), "");
    EXPECT_NE(file.write(empty), "");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "report.json"));
}

TEST(Table, SaysWhatIsMetAndWhatNot)
{
    std::ostringstream out;

    print_table(out, sample());
    EXPECT_NE(out.str().find("16-byte slots, burst 32"), std::string::npos);
    EXPECT_NE(out.str().find("NOT MET"), std::string::npos);
    EXPECT_NE(out.str().find("not measured"), std::string::npos);
    EXPECT_TRUE(sample().any_missed());
}

} // namespace
} // namespace paravane::bench
