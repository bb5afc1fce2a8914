// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/network_probe.hpp"

#include <cstring>

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "hypercall/host/probe/in_child.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane::probe {
namespace {

constexpr const char *tun_path = "/dev/net/tun";

std::string advice_for_opening(int error)
{
    if (error == ENOENT)
        return "modprobe tun; in a container, hand it the device";
    if (error == ENODEV || error == ENXIO)
        return "a kernel with CONFIG_TUN";
    return "run as root, or ask for access to the device";
}

Subject tap_subject()
{
    return {"network.tap", "TAP interface"};
}

Subject vnet_header_subject()
{
    return {"network.tap_vnet_header", "TAP offload headers"};
}

Finding vnet_header_finding(const UniqueFd &tun)
{
    unsigned int features = 0;

    if (ioctl(tun.get(), TUNGETFEATURES, &features) != 0)
        return no(vnet_header_subject(), {system_problem("TUNGETFEATURES").text, {}});
    if ((features & IFF_VNET_HDR) == 0)
        return no(vnet_header_subject(), {"IFF_VNET_HDR is not among the driver's features", {}});
    return yes(vnet_header_subject(), "IFF_VNET_HDR is among the driver's features");
}

// The interface belongs to the descriptor and goes with it.
Finding tap_finding(UniqueFd tun)
{
    ifreq request = {};

    std::strncpy(request.ifr_name, "pvprobe%d", IFNAMSIZ - 1);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (ioctl(tun.get(), TUNSETIFF, &request) != 0) {
        const int error = errno;
        return no(tap_subject(),
                  {system_problem("create one", error).text,
                   error == EPERM
                       ? "CAP_NET_ADMIN: run as root, or let root make one for you: ip tuntap "
                         "add mode tap user $USER"
                       : ""});
    }
    const std::string name = request.ifr_name;
    UniqueFd().swap(tun);
    if (if_nametoindex(name.c_str()) != 0)
        return partly(tap_subject(), fmt::format("{} was created", name),
                      {"it was still there after its deletion", "ip link delete " + name});
    return yes(tap_subject(), fmt::format("{} was created and deleted", name));
}

void add_tap(std::vector<Finding> &findings)
{
    const Subject subject = {"network.tun_device", tun_path};
    UniqueFd tun(open(tun_path, O_RDWR | O_CLOEXEC));

    if (!tun) {
        const int error = errno;
        const std::string why = std::string("there is no ") + tun_path + " to try it with";

        findings.push_back(
            no(subject, {system_problem("open", error).text, advice_for_opening(error)}));
        findings.push_back(untried(tap_subject(), why));
        findings.push_back(untried(vnet_header_subject(), why));
        return;
    }
    findings.push_back(yes(subject, "opened"));
    const Finding header = vnet_header_finding(tun);
    findings.push_back(tap_finding(std::move(tun)));
    findings.push_back(header);
}

// The steps in turn, in a process of their own: 0, or the error number of the first that failed.
Finding namespace_finding(const Subject &subject, std::initializer_list<int> steps,
                          const std::string &detail, const std::string &advice)
{
    const Result<int> error = in_child([&] {
        for (const int flags : steps) {
            if (unshare(flags) != 0)
                return errno;
        }
        return 0;
    });

    if (!error)
        return untried(subject, error.error().text);
    if (*error != 0)
        return no(subject, {system_problem("unshare", *error).text, advice});
    return yes(subject, detail);
}

} // namespace

Section probe_network()
{
    Section section = {"network", "Network and namespaces", {}};

    add_tap(section.findings);
    section.findings.push_back(namespace_finding({"namespace.network", "network namespace"},
                                                 {CLONE_NEWNET}, "a process got one of its own",
                                                 "CAP_SYS_ADMIN: run as root"));
    section.findings.push_back(namespace_finding(
        {"namespace.user", "user namespace"}, {CLONE_NEWUSER, CLONE_NEWNET},
        "a process got one of its own, and a network namespace inside",
        "sysctl user.max_user_namespaces above 0, and none of kernel.unprivileged_userns_clone=0, "
        "kernel.apparmor_restrict_unprivileged_userns=1"));
    return section;
}

} // namespace paravane::probe
