// SPDX-License-Identifier: Apache-2.0
#include "device_mapper.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

namespace paravane::nested {

namespace {

// The rings of processes that have ended let go of their files only by and by.
constexpr int tries_max = 500;
constexpr std::chrono::milliseconds pause{10};

// Every request is one of these; what comes after the head depends on the request.
struct Request {
    explicit Request(const std::string &name)
    {
        head.version[0] = DM_VERSION_MAJOR;
        head.data_size = sizeof(*this);
        head.data_start = offsetof(Request, data);
        name.copy(head.name, sizeof(head.name) - 1);
    }

    // At `offset` of the data, with its end.
    void put(std::size_t offset, const std::string &text)
    {
        text.copy(data.data() + offset, data.size() - offset - 1);
    }

    dm_ioctl head{};
    alignas(uint64_t) std::array<char, 1024> data{};
};

} // namespace

Result<MappedDevice> MappedDevice::make(const std::string &name, uint64_t sectors,
                                        const std::string &target, const std::string &parameters)
{
    MappedDevice made(UniqueFd(open("/dev/mapper/control", O_RDWR | O_CLOEXEC)), name);
    Request create(name);
    Request load(name);
    Request resume(name);
    dm_target_spec spec = {};

    if (!made.control_)
        return system_problem("the device mapper");
    const int control = made.control_.get();
    if (ioctl(control, DM_DEV_CREATE, &create) != 0) {
        made.control_ = UniqueFd(); // another's, perhaps
        return system_problem(name + ": creating it");
    }
    spec.length = sectors;
    spec.next = sizeof(load.data);
    target.copy(spec.target_type, sizeof(spec.target_type) - 1);
    std::memcpy(load.data.data(), &spec, sizeof(spec));
    load.put(sizeof(spec), parameters);
    load.head.target_count = 1;
    if (ioctl(control, DM_TABLE_LOAD, &load) != 0)
        return system_problem(name + ": its table, " + target + " " + parameters);
    // Resumes, without the flag.
    if (ioctl(control, DM_DEV_SUSPEND, &resume) != 0)
        return system_problem(name + ": activating it");
    made.path_ = "/dev/dm-" + std::to_string(minor(create.head.dev));
    return made;
}

MappedDevice::~MappedDevice()
{
    (void)remove();
}

Result<void> MappedDevice::tell(const std::string &message) const
{
    Request request(name_);

    request.put(offsetof(dm_target_msg, message), message);
    if (ioctl(control_.get(), DM_TARGET_MSG, &request) != 0)
        return system_problem(name_ + ": a message");
    return {};
}

Result<void> MappedDevice::remove()
{
    const UniqueFd control = std::move(control_);

    if (!control)
        return {};
    for (int tries = 0;; tries++) {
        Request request(name_);
        if (ioctl(control.get(), DM_DEV_REMOVE, &request) == 0)
            return {};
        if (errno != EBUSY || tries == tries_max)
            return system_problem(name_ + ": removing it");
        std::this_thread::sleep_for(pause);
    }
}

} // namespace paravane::nested
