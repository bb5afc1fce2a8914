// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/device.hpp"

#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/ioctl.h>

namespace paravane::kvm {

namespace {

constexpr uint32_t cpuid_entries_max = 256;

Problem cannot_open(const std::string &path)
{
    const int number = errno;
    Problem problem = system_problem("open " + path, number);

    if (number == EACCES)
        problem.text += ": become a member of its group, or root";
    else if (number == ENOENT)
        problem.text += ": this host offers no KVM (module not loaded, or no virtualization)";
    return problem;
}

} // namespace

std::string device_path()
{
    const char *path = std::getenv("PARAVANE_KVM_DEVICE");
    return path != nullptr ? path : "/dev/kvm";
}

CpuidList::CpuidList(std::size_t room)
    : words_(head_words + room * sizeof(kvm_cpuid_entry2) / sizeof(uint32_t))
{
    words_[0] = static_cast<uint32_t>(room);
}

CpuidList::CpuidList(std::span<const kvm_cpuid_entry2> entries) : CpuidList(entries.size())
{
    std::memcpy(words_.data() + head_words, entries.data(), entries.size_bytes());
}

std::vector<kvm_cpuid_entry2> CpuidList::entries() const
{
    std::vector<kvm_cpuid_entry2> entries(words_[0]);
    std::memcpy(entries.data(), words_.data() + head_words,
                entries.size() * sizeof(kvm_cpuid_entry2));
    return entries;
}

Result<Device> Device::open(const std::string &path)
{
    Device device;

    device.fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!device.fd_)
        return cannot_open(path);
    const int version = ioctl(device.fd_.get(), KVM_GET_API_VERSION, 0);
    if (version != KVM_API_VERSION)
        return Problem{path + " is not a KVM device of version " + std::to_string(KVM_API_VERSION)};
    const int bytes = ioctl(device.fd_.get(), KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes <= 0)
        return system_problem(path + ": size of a vCPU's area");
    device.run_bytes_ = static_cast<uint64_t>(bytes);
    return device;
}

int Device::capability(int number) const
{
    const int value = ioctl(fd_.get(), KVM_CHECK_EXTENSION, number);
    return value > 0 ? value : 0;
}

Result<Controllers> Device::controllers() const
{
    const char *wanted = std::getenv("PARAVANE_KVM_IRQCHIP");

    if (wanted != nullptr && std::strcmp(wanted, "none") != 0)
        return Problem{std::string("PARAVANE_KVM_IRQCHIP is ") + wanted +
                       ": it may be none, or not there"};
    return wanted != nullptr || capability(KVM_CAP_SPLIT_IRQCHIP) == 0 ? Controllers::none
                                                                       : Controllers::in_kernel;
}

Result<std::vector<kvm_cpuid_entry2>> Device::supported_cpuid() const
{
    CpuidList list(cpuid_entries_max);

    if (ioctl(fd_.get(), CpuidList::get_supported, list.data()) != 0)
        return system_problem("KVM's CPUID");
    return list.entries();
}

Result<UniqueFd> Device::make_machine() const
{
    UniqueFd machine(ioctl(fd_.get(), KVM_CREATE_VM, 0));
    if (!machine)
        return system_problem("a KVM machine");
    return machine;
}

} // namespace paravane::kvm
