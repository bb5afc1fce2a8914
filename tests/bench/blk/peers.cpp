// SPDX-License-Identifier: Apache-2.0
#include "blk/peers.hpp"

#include <algorithm>
#include <array>

#include "blk/host_loop.hpp"
#include "blk/qemu.hpp"

namespace paravane::bench::blk {

namespace {

constexpr std::array<UringMode, 3> host_modes = {UringMode::plain, UringMode::busy_poll,
                                                 UringMode::sqpoll};

bool wanted(const std::string &name, const std::vector<std::string> &only)
{
    return only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string &text) {
               return name.find(text) != std::string::npos;
           });
}

void start_qemus(const Setting &setting, const std::vector<std::string> &only,
                 Contenders &contenders, std::vector<std::string> &notes)
{
    std::vector<QemuPlan> plans = qemu_plans();

    std::erase_if(plans, [&](const QemuPlan &plan) {
        return !wanted(plan.name, only) || (plan.needs_file && setting.medium.path.empty());
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

std::vector<std::string> peer_names()
{
    const std::vector<QemuPlan> plans = qemu_plans();
    std::vector<std::string> names;

    names.reserve(host_modes.size() + plans.size());
    for (const UringMode mode : host_modes)
        names.push_back(HostLoop(mode, {}).name());
    for (const QemuPlan &plan : plans)
        names.push_back(plan.name);
    return names;
}

Contenders start_peers(const Setting &setting, const std::vector<std::string> &only,
                       std::vector<std::string> &notes)
{
    Contenders contenders;

    if (!setting.medium.path.empty()) {
        for (const UringMode mode : host_modes) {
            auto loop = std::make_unique<HostLoop>(mode, setting);
            if (wanted(loop->name(), only))
                contenders.push_back(std::move(loop));
        }
    }
    start_qemus(setting, only, contenders, notes);
    return contenders;
}

} // namespace paravane::bench::blk
