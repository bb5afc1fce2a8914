// SPDX-License-Identifier: Apache-2.0
#include "blk/peers.hpp"

#include <algorithm>
#include <array>

#include <sys/stat.h>

#include "blk/fio.hpp"
#include "blk/host_loop.hpp"
#include "blk/ours.hpp"
#include "blk/qemu.hpp"

namespace paravane::bench::blk {

namespace {

constexpr std::array<UringMode, 3> host_modes = {UringMode::plain, UringMode::busy_poll,
                                                 UringMode::sqpoll};

bool wanted(const std::string &name, const Choice &choice)
{
    const std::vector<std::string> &only = choice.only;

    return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string &text) {
               return name.find(text) != std::string::npos;
           });
}

void start_qemus(const Setting &setting, const Choice &choice, Contenders &contenders,
                 std::vector<std::string> &notes)
{
    std::vector<QemuPlan> plans = qemu_plans();

    std::erase_if(plans, [&](const QemuPlan &plan) {
        return !wanted(plan.name, choice) || (plan.needs_file && setting.medium.path.empty());
    });
    if (plans.empty())
        return;
    const Result<QemuFiles> files = find_qemu();
    if (!files) {
        notes.push_back("no figures of QEMU: " + files.error().text);
        return;
    }
    for (const QemuPlan &plan : plans) {
        Result<std::unique_ptr<Qemu>> qemu = Qemu::start(plan, *files, setting);
        if (qemu)
            contenders.push_back(std::move(*qemu));
        else
            notes.push_back("not measured: " + qemu.error().text);
    }
}

} // namespace

Result<Medium> find_medium(const std::string &path, uint64_t null_bytes)
{
    if (path.empty())
        return Medium{"", null_bytes};
    const Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(path, {});
    if (!disk)
        return disk.error();
    const uint64_t bytes = (*disk)->sectors() * 512;
    if (bytes < uint64_t{1} << 20)
        return Problem{path + ": smaller than 1 MiB"};
    return Medium{path, bytes};
}

std::string doubt_of(const Medium &medium)
{
    constexpr uint64_t block = 512;
    struct stat status {};

    if (medium.path.empty() || stat(medium.path.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode) || static_cast<uint64_t>(status.st_blocks) * block >= medium.bytes)
        return {};
    return medium.path + " has holes, which no disk is asked to read: fill it first";
}

std::vector<std::string> contender_names()
{
    const std::vector<QemuPlan> plans = qemu_plans();
    std::vector<std::string> names;

    for (const OurPlan &plan : our_plans())
        names.push_back(plan.name);
    for (const UringMode mode : host_modes)
        names.push_back(HostLoop(mode, {}).name());
    names.emplace_back(Fio::its_name);
    for (const QemuPlan &plan : plans)
        names.push_back(plan.name);
    return names;
}

Contenders start_contenders(const Setting &setting, const Choice &choice,
                            std::vector<std::string> &notes)
{
    Contenders contenders;

    for (const OurPlan &plan : our_plans()) {
        if (!wanted(plan.name, choice))
            continue;
        Result<std::unique_ptr<Ours>> ours = Ours::start(plan, setting);
        if (ours)
            contenders.push_back(std::move(*ours));
        else
            notes.push_back("not measured: " + ours.error().text);
    }
    if (choice.against != "qemu" && !setting.medium.path.empty()) {
        for (const UringMode mode : host_modes) {
            auto loop = std::make_unique<HostLoop>(mode, setting);
            if (wanted(loop->name(), choice))
                contenders.push_back(std::move(loop));
        }
        if (wanted(Fio::its_name, choice)) {
            Result<std::unique_ptr<Fio>> fio = Fio::start(setting);
            if (fio)
                contenders.push_back(std::move(*fio));
            else
                notes.push_back(fio.error().text);
        }
    }
    if (choice.against != "host")
        start_qemus(setting, choice, contenders, notes);
    return contenders;
}

} // namespace paravane::bench::blk
