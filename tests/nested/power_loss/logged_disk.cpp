// SPDX-License-Identifier: Apache-2.0
#include "logged_disk.hpp"

#include <fcntl.h>
#include <unistd.h>

extern "C" {
#include <paravane/blk.h>
}

namespace paravane::nested {

namespace {

const std::string medium = "/dev/loop0";
const std::string write_time = "12"; // ms
const std::string flush_time = "4";

} // namespace

const char *const LoggedDisk::log_device = "/dev/ram0";

Result<std::unique_ptr<LoggedDisk>> LoggedDisk::make(uint64_t sectors)
{
    const std::vector<std::byte> nothing(sectors * PV_BLK_SECTOR);
    const UniqueFd file(open(medium.c_str(), O_WRONLY | O_CLOEXEC));

    if (!file ||
        pwrite(file.get(), nothing.data(), nothing.size(), 0) !=
            static_cast<ssize_t>(nothing.size()) ||
        fsync(file.get()) != 0)
        return system_problem(medium);
    auto slow = MappedDevice::make("slow", sectors, "delay",
                                   medium + " 0 0 " + medium + " 0 " + write_time + " " + medium +
                                       " 0 " + flush_time);
    if (!slow)
        return slow.error();
    auto logged =
        MappedDevice::make("logged", sectors, "log-writes", slow->path() + " " + log_device);
    if (!logged)
        return logged.error();
    return std::unique_ptr<LoggedDisk>(
        new LoggedDisk(sectors, std::move(*slow), std::move(*logged)));
}

std::vector<std::byte> LoggedDisk::content() const
{
    const UniqueFd file(open(medium.c_str(), O_RDONLY | O_CLOEXEC));
    // What is cached of it is from before.
    (void)posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    std::vector<std::byte> content(sectors_ * PV_BLK_SECTOR);

    if (!file || pread(file.get(), content.data(), content.size(), 0) !=
                     static_cast<ssize_t>(content.size()))
        content.clear();
    return content;
}

} // namespace paravane::nested
