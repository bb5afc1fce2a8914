// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/io_uring_probe.hpp"

#include <array>
#include <memory>

#include <fmt/core.h>

#include "hypercall/host/probe/fixed_buffers.hpp"
#include "hypercall/host/probe/ring.hpp"
#include "hypercall/host/probe/text_file.hpp"

namespace paravane::probe {
namespace {

constexpr const char *switch_path = "/proc/sys/kernel/io_uring_disabled";

Finding sysctl_finding()
{
    const Subject subject = {"io_uring.allowed", "allowed by sysctl"};
    const Result<uint64_t> number = number_in(switch_path);

    if (!number)
        return untried(subject, number.error().text + ": this kernel may have no such switch");
    const std::string seen = fmt::format("kernel.io_uring_disabled = {}", *number);
    if (*number == 0)
        return yes(subject, seen).with_value(*number, "setting");
    if (*number == 1)
        return partly(subject, seen,
                      {"only for the group kernel.io_uring_group and for CAP_SYS_ADMIN",
                       "sysctl -w kernel.io_uring_disabled=0, or join that group"})
            .with_value(*number, "setting");
    return no(subject, {seen + ": for nobody", "sysctl -w kernel.io_uring_disabled=0"})
        .with_value(*number, "setting");
}

// A ring with these flags, and one NOP through it.
Result<int> try_ring(uint32_t flags)
{
    Result<Ring> ring = Ring::open(flags);
    if (!ring)
        return ring.error();
    return ring.value().carry_out(io_uring_prep_nop);
}

Finding present_finding()
{
    const Subject subject = {"io_uring.present", "present"};
    const Result<int> result = try_ring(0);

    if (!result)
        return no(subject,
                  {result.error().text,
                   "a kernel with CONFIG_IO_URING, kernel.io_uring_disabled=0, and no seccomp "
                   "filter (of a container, say) that forbids io_uring_setup"});
    if (*result < 0)
        return no(subject, {system_problem("NOP", -*result).text, {}});
    return yes(subject, "a NOP went through a ring");
}

struct Flags {
    const char *id;
    const char *what;
    uint32_t flags;
    const char *since;
};

// DEFER_TASKRUN exists only together with SINGLE_ISSUER.
constexpr std::array<Flags, 4> flag_table = {{
    {"io_uring.sqpoll", "SQPOLL", IORING_SETUP_SQPOLL, "5.13"},
    {"io_uring.single_issuer", "SINGLE_ISSUER", IORING_SETUP_SINGLE_ISSUER, "6.0"},
    {"io_uring.defer_taskrun", "DEFER_TASKRUN",
     IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, "6.1"},
    {"io_uring.coop_taskrun", "COOP_TASKRUN", IORING_SETUP_COOP_TASKRUN, "5.19"},
}};

Finding flags_finding(const Flags &flags)
{
    const Subject subject = {flags.id, flags.what};
    const Result<int> result = try_ring(flags.flags);

    if (!result)
        return no(subject, {result.error().text, fmt::format("Linux {} or later", flags.since)});
    if (*result < 0)
        return no(subject, {system_problem("NOP", -*result).text, {}});
    return yes(subject, "a NOP went through such a ring");
}

// A disabled ring that is restricted to NOP and then enabled must take a NOP and refuse a READV.
Finding restrictions_finding()
{
    const Subject subject = {"io_uring.restrictions", "restrictions"};
    const char *const advice = "Linux 5.10 or later";
    Result<Ring> ring = Ring::open(IORING_SETUP_R_DISABLED);

    if (!ring)
        return no(subject, {ring.error().text, advice});
    std::array<io_uring_restriction, 1> allowed = {};
    allowed[0].opcode = IORING_RESTRICTION_SQE_OP;
    allowed[0].sqe_op = IORING_OP_NOP;
    int error = io_uring_register_restrictions(ring.value().get(), allowed.data(), allowed.size());
    if (error < 0)
        return no(subject, {system_problem("register restrictions", -error).text, advice});
    error = io_uring_enable_rings(ring.value().get());
    if (error < 0)
        return no(subject, {system_problem("enable the ring", -error).text, advice});

    const Result<int> nop = ring.value().carry_out(io_uring_prep_nop);
    if (!nop || *nop < 0)
        return no(subject,
                  {nop ? system_problem("the allowed NOP", -*nop).text : nop.error().text, {}});
    const Result<int> other = ring.value().carry_out(
        [](io_uring_sqe *entry) { io_uring_prep_readv(entry, -1, nullptr, 0, 0); });
    if (!other)
        return no(subject, {other.error().text, {}});
    if (*other != -EACCES)
        return no(subject,
                  {fmt::format("a forbidden READV was not refused: its result is {}", *other), {}});
    return yes(subject, "an allowed NOP was done, a forbidden READV refused");
}

struct Opcode {
    const char *id;
    const char *what;
    io_uring_op number;
    const char *since;
};

constexpr std::array<Opcode, 10> opcode_table = {{
    {"io_uring.op.read_fixed", "READ_FIXED", IORING_OP_READ_FIXED, "5.1"},
    {"io_uring.op.write_fixed", "WRITE_FIXED", IORING_OP_WRITE_FIXED, "5.1"},
    {"io_uring.op.fsync", "FSYNC", IORING_OP_FSYNC, "5.1"},
    {"io_uring.op.fallocate", "FALLOCATE", IORING_OP_FALLOCATE, "5.6"},
    {"io_uring.op.readv", "READV", IORING_OP_READV, "5.1"},
    {"io_uring.op.writev", "WRITEV", IORING_OP_WRITEV, "5.1"},
    {"io_uring.op.send", "SEND", IORING_OP_SEND, "5.6"},
    {"io_uring.op.recv", "RECV", IORING_OP_RECV, "5.6"},
    {"io_uring.op.poll_add", "POLL_ADD", IORING_OP_POLL_ADD, "5.1"},
    {"io_uring.op.msg_ring", "MSG_RING", IORING_OP_MSG_RING, "5.18"},
}};

void add_opcodes(std::vector<Finding> &findings)
{
    const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> list(io_uring_get_probe(),
                                                                               io_uring_free_probe);
    for (const Opcode &opcode : opcode_table) {
        const Subject subject = {opcode.id, opcode.what};

        if (list == nullptr)
            findings.push_back(untried(subject, "the kernel gave no list of its opcodes"));
        else if (io_uring_opcode_supported(list.get(), opcode.number) != 0)
            findings.push_back(yes(subject, "in the kernel's list of opcodes"));
        else
            findings.push_back(no(subject, {"not in the kernel's list of opcodes",
                                            fmt::format("Linux {} or later", opcode.since)}));
    }
}

void add_all_as_untried(std::vector<Finding> &findings)
{
    const std::string why = "there is no io_uring to try it with";

    for (const Flags &flags : flag_table)
        findings.push_back(untried({flags.id, flags.what}, why));
    findings.push_back(untried(fixed_buffers_subject(), why));
    findings.push_back(untried({"io_uring.restrictions", "restrictions"}, why));
    for (const Opcode &opcode : opcode_table)
        findings.push_back(untried({opcode.id, opcode.what}, why));
}

} // namespace

Section probe_io_uring()
{
    Section section = {"io_uring", "io_uring", {}};
    std::vector<Finding> &findings = section.findings;

    findings.push_back(sysctl_finding());
    findings.push_back(present_finding());
    if (findings.back().answer != Answer::yes) {
        add_all_as_untried(findings);
        return section;
    }
    for (const Flags &flags : flag_table)
        findings.push_back(flags_finding(flags));
    findings.push_back(probe_fixed_buffers());
    findings.push_back(restrictions_finding());
    add_opcodes(findings);
    return section;
}

} // namespace paravane::probe
