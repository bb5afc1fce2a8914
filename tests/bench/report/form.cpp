// SPDX-License-Identifier: Apache-2.0
//
// The form of the document, checked from outside: what a program that reads many of them relies on.
#include <initializer_list>
#include <utility>

#include <nlohmann/json.hpp>

#include "report/report.hpp"

namespace paravane::bench {
namespace {

using nlohmann::json;

enum class Kind { text, number, count, list, object, number_or_null, truth_or_null };

using Fields = std::initializer_list<std::pair<const char *, Kind>>;

bool is(const json &value, Kind kind)
{
    switch (kind) {
    case Kind::text:
        return value.is_string();
    case Kind::number:
        return value.is_number();
    case Kind::count:
        return value.is_number_unsigned();
    case Kind::list:
        return value.is_array();
    case Kind::object:
        return value.is_object();
    case Kind::number_or_null:
        return value.is_number() || value.is_null();
    case Kind::truth_or_null:
        return value.is_boolean() || value.is_null();
    }
    return false;
}

class Faults {
  public:
    // Exactly these fields, of these kinds. False: what else is said of the object makes no sense.
    bool fields(const std::string &place, const json &object, const Fields &expected)
    {
        const size_t before = found_.size();

        if (!object.is_object()) {
            add(place, "is no object");
            return false;
        }
        for (const auto &[name, kind] : expected) {
            if (!object.contains(name))
                add(place, std::string("lacks ") + name);
            else if (!is(object[name], kind))
                add(place, std::string(name) + " is of the wrong kind");
        }
        if (found_.size() == before && object.size() != expected.size())
            add(place, "has a field too many");
        return found_.size() == before;
    }

    void add(const std::string &place, const std::string &fault)
    {
        found_.push_back(place + ": " + fault);
    }

    [[nodiscard]] std::vector<std::string> take() && { return std::move(found_); }

  private:
    std::vector<std::string> found_;
};

void check_row(Faults &faults, const std::string &place, const json &row)
{
    if (!faults.fields(place, row,
                       {{"what", Kind::text},
                        {"configuration", Kind::text},
                        {"unit", Kind::text},
                        {"median", Kind::number},
                        {"min", Kind::number},
                        {"max", Kind::number},
                        {"rounds", Kind::count}}))
        return;
    if (row["what"].get_ref<const std::string &>().empty())
        faults.add(place, "what is empty");
    if (row["unit"].get_ref<const std::string &>().empty())
        faults.add(place, "unit is empty");
    if (row["rounds"].get<uint64_t>() == 0)
        faults.add(place, "has no rounds");
    const auto median = row["median"].get<double>();
    if (row["min"].get<double>() > median || median > row["max"].get<double>())
        faults.add(place, "the median is not between min and max");
}

void check_target(Faults &faults, const std::string &place, const json &target)
{
    if (!faults.fields(place, target,
                       {{"name", Kind::text},
                        {"value", Kind::number_or_null},
                        {"target", Kind::number},
                        {"met", Kind::truth_or_null}}))
        return;
    if (target["value"].is_null() != target["met"].is_null())
        faults.add(place, "value and met are null together or not at all");
    else if (!target["value"].is_null() &&
             target["met"].get<bool>() !=
                 (target["value"].get<double>() >= target["target"].get<double>()))
        faults.add(place, "met contradicts value and target");
}

} // namespace

std::vector<std::string> form_faults(const json &document)
{
    Faults faults;

    if (!faults.fields("document", document,
                       {{"schema", Kind::count},
                        {"machine", Kind::object},
                        {"build", Kind::object},
                        {"rows", Kind::list},
                        {"targets", Kind::list}}))
        return std::move(faults).take();
    if (document["schema"].get<unsigned int>() != schema)
        faults.add("document", "schema is another one");
    faults.fields("machine", document["machine"],
                  {{"cpu", Kind::text},
                   {"cores", Kind::count},
                   {"kernel", Kind::text},
                   {"hypervisor", Kind::text},
                   {"tsc_mhz", Kind::number},
                   {"memory", Kind::count},
                   {"date", Kind::text}});
    faults.fields("build", document["build"],
                  {{"version", Kind::text},
                   {"compiler", Kind::text},
                   {"flags", Kind::text},
                   {"type", Kind::text}});
    if (document["rows"].empty())
        faults.add("rows", "are none");
    for (size_t i = 0; i < document["rows"].size(); i++)
        check_row(faults, "rows[" + std::to_string(i) + "]", document["rows"][i]);
    for (size_t i = 0; i < document["targets"].size(); i++)
        check_target(faults, "targets[" + std::to_string(i) + "]", document["targets"][i]);
    return std::move(faults).take();
}

} // namespace paravane::bench
