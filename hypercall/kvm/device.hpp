// SPDX-License-Identifier: Apache-2.0
//
// /dev/kvm: what it can do, and new machines.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <linux/kvm.h>

#include "hypercall/host/result.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::kvm {

// Where the device is: PARAVANE_KVM_DEVICE, or /dev/kvm.
[[nodiscard]] std::string device_path();

// A list of CPUID entries as KVM's calls take it. The kernel's struct cannot be used: in C++ its head is
// four bytes longer than in C, and so are the calls' numbers that are made of its size.
class CpuidList {
  public:
    explicit CpuidList(std::size_t room);
    explicit CpuidList(std::span<const kvm_cpuid_entry2> entries);

    static constexpr unsigned long get_supported = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, 8);
    static constexpr unsigned long set = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);

    [[nodiscard]] void *data() { return words_.data(); }
    [[nodiscard]] std::vector<kvm_cpuid_entry2> entries() const;

  private:
    static constexpr std::size_t head_words = 2; // how many entries, and padding
    std::vector<uint32_t> words_;
};

// What interrupts a guest's vCPUs: controllers in the kernel, one of each; or their threads by themselves.
enum class Controllers : uint8_t { in_kernel, none };

class Device {
  public:
    [[nodiscard]] static Result<Device> open(const std::string &path = device_path());

    // A KVM_CAP_ number: 0 for none, otherwise 1 or a limit.
    [[nodiscard]] int capability(int number) const;
    // In the kernel, unless this KVM has none for vCPUs alone, or PARAVANE_KVM_IRQCHIP says `none`.
    [[nodiscard]] Result<Controllers> controllers() const;
    // Bytes of the area that a vCPU shares with its thread.
    [[nodiscard]] uint64_t run_bytes() const { return run_bytes_; }
    // What a guest may be told by CPUID.
    [[nodiscard]] Result<std::vector<kvm_cpuid_entry2>> supported_cpuid() const;
    [[nodiscard]] Result<UniqueFd> make_machine() const;

  private:
    UniqueFd fd_;
    uint64_t run_bytes_ = 0;
};

} // namespace paravane::kvm
