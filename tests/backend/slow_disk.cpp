// SPDX-License-Identifier: Apache-2.0
#include "slow_disk.hpp"

#include <cstdlib>
#include <fstream>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace paravane::backend_test {

namespace {

bool write_to(const std::string &path, const std::string &text)
{
    std::ofstream file(path);
    file << text << std::flush;
    return file.good();
}

} // namespace

std::unique_ptr<SlowDisk> SlowDisk::make(int file, uint64_t bytes_a_second)
{
    std::unique_ptr<SlowDisk> made(new SlowDisk());
    std::string folder = "/tmp/paravane-XXXXXX";
    struct stat status = {};

    if (fstat(file, &status) != 0 || mkdtemp(folder.data()) == nullptr)
        return nullptr;
    if (mount("none", folder.c_str(), "cgroup", 0, "blkio") != 0) {
        rmdir(folder.c_str());
        return nullptr;
    }
    made->mounted_ = folder;
    const std::string group = folder + "/paravane-" + std::to_string(getpid());
    if (mkdir(group.c_str(), 0700) != 0)
        return nullptr;
    made->group_ = group;
    const std::string rate = std::to_string(major(status.st_dev)) + ":" +
                             std::to_string(minor(status.st_dev)) + " " +
                             std::to_string(bytes_a_second);
    for (const char *way : {"read", "write"})
        if (!write_to(group + "/blkio.throttle." + way + "_bps_device", rate))
            return nullptr;
    return made;
}

SlowDisk::~SlowDisk()
{
    if (!group_.empty())
        rmdir(group_.c_str());
    if (mounted_.empty())
        return;
    umount2(mounted_.c_str(), MNT_DETACH);
    rmdir(mounted_.c_str());
}

bool SlowDisk::slow_down(pid_t process) const
{
    return write_to(group_ + "/cgroup.procs", std::to_string(process));
}

} // namespace paravane::backend_test
