// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/probe/device_probe.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::probe {
namespace {

std::string advice_for_opening(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "add yourself to the group kvm (sudo usermod -aG kvm $USER) and log in again";
    case ENOENT:
        return "load a KVM module (modprobe kvm_intel or kvm_amd), switch virtualization on in the "
               "firmware, or in the host's settings if this is a virtual machine";
    case ENODEV:
    case ENXIO:
        return "the device is there but no module behind it: modprobe kvm_intel or kvm_amd";
    case EBUSY:
        return "something else holds the processor's virtualization: stop the other hypervisor";
    default:
        return {};
    }
}

} // namespace

Finding probe_kvm_device(const std::string &path)
{
    const Subject subject = {"kvm.device", "device"};
    const UniqueFd device(open(path.c_str(), O_RDWR | O_CLOEXEC));

    if (!device) {
        const int error = errno;
        return no(subject, {system_problem("open " + path, error).text, advice_for_opening(error)});
    }
    const int version = ioctl(device.get(), KVM_GET_API_VERSION, 0);
    if (version < 0)
        return no(subject, {system_problem(path + " is not a KVM: KVM_GET_API_VERSION").text,
                            "name the right device with --kvm-device"});
    if (version != KVM_API_VERSION)
        return no(subject, {fmt::format("{} speaks version {} of the interface, not {}", path,
                                        version, KVM_API_VERSION),
                            {}});
    return yes(subject, fmt::format("{} opened, interface version {}", path, version));
}

} // namespace paravane::probe
