// SPDX-License-Identifier: Apache-2.0
#include "blk/qemu_plan.hpp"

#include <fmt/format.h>

#include "frontend-drivers/keel/bare/layout.h"

namespace paravane::bench::blk {

namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;

const char *machine_of(const QemuPlan &plan)
{
    return plan.disk == QemuDisk::ahci ? "q35,usb=off,memory-backend=ram"
                                       : "pc,usb=off,memory-backend=ram";
}

void add(std::vector<std::string> &words, const std::string &option, const std::string &value)
{
    words.push_back(option);
    words.push_back(value);
}

void add_medium(std::vector<std::string> &words, const QemuPlan &plan, const Medium &medium)
{
    if (medium.path.empty()) {
        add(words, "-blockdev", fmt::format("driver=null-co,size={},node-name=d0", medium.bytes));
        return;
    }
    // In the option's text a comma is two. Others have the file open too, and none at the same time as another.
    std::string path;
    for (const char character : medium.path)
        path += character == ',' ? std::string(",,") : std::string(1, character);
    add(words, "-blockdev",
        fmt::format("driver=file,filename={},aio={},cache.direct=on,locking=off,node-name=f0", path,
                    plan.aio));
    add(words, "-blockdev", "driver=raw,file=f0,cache.direct=on,node-name=d0");
}

void add_disk(std::vector<std::string> &words, const QemuPlan &plan)
{
    switch (plan.disk) {
    case QemuDisk::virtio:
        if (plan.iothread)
            add(words, "-object",
                plan.poll_max_ns ? fmt::format("iothread,id=io0,poll-max-ns={}", *plan.poll_max_ns)
                                 : "iothread,id=io0");
        add(words, "-device",
            fmt::format("virtio-blk-pci,drive=d0,disable-legacy=on,num-queues=1,queue-size={}{}",
                        plan.queue_size, plan.iothread ? ",iothread=io0" : ""));
        break;
    case QemuDisk::nvme:
        add(words, "-device",
            fmt::format("nvme,drive=d0,serial=paravane,ioeventfd={}",
                        plan.shadow_doorbells ? "on" : "off"));
        break;
    case QemuDisk::ahci:
    case QemuDisk::ide:
        add(words, "-device", "ide-hd,bus=ide.0,drive=d0");
        break;
    }
}

} // namespace

std::vector<QemuPlan> qemu_plans()
{
    // With the index the device is told at each request; with the flag not while it polls, but more often when
    // it does not. So the one is better in deep queues, the other at depth 1.
    QemuPlan index;
    index.name = "QEMU virtio, iothread, event index";
    index.iothread = true;
    index.poll_max_ns = 1'000'000;
    index.queue_size = 1024;
    index.event_index = true;
    QemuPlan flag = index;
    flag.name = "QEMU virtio, iothread, flag";
    flag.event_index = false;
    // One that leaves a processor free, where Linux too has to do something for each request: writes to files.
    QemuPlan sleeping = index;
    sleeping.name = "QEMU virtio, iothread, not polling";
    sleeping.poll_max_ns = 0;
    QemuPlan threads = sleeping;
    threads.name = "QEMU virtio, iothread, aio=threads";
    threads.aio = "threads";
    threads.needs_file = true;
    // QEMU's own choices, and what Linux makes of them.
    QemuPlan usual;
    usual.name = "QEMU virtio with iothread, as it comes";
    usual.iothread = true;
    usual.event_index = true;
    usual.indirect = true;
    QemuPlan unpinned = usual;
    unpinned.name = "QEMU, unpinned: virtio with iothread, as it comes";
    unpinned.pinned = false;
    QemuPlan without = flag;
    without.name = "QEMU virtio, no iothread";
    without.iothread = false;
    QemuPlan nvme;
    nvme.name = "QEMU NVMe, as it comes";
    nvme.disk = QemuDisk::nvme;
    QemuPlan shadow = nvme;
    shadow.name = "QEMU NVMe, shadow doorbells";
    shadow.shadow_doorbells = true;
    QemuPlan ahci;
    ahci.name = "QEMU AHCI";
    ahci.disk = QemuDisk::ahci;
    QemuPlan ide;
    ide.name = "QEMU IDE";
    ide.disk = QemuDisk::ide;
    return {index, flag, sleeping, threads, usual, unpinned, without, shadow, nvme, ahci, ide};
}

std::vector<std::string> qemu_words(const QemuPlan &plan, const QemuFiles &files,
                                    const Medium &medium)
{
    std::vector<std::string> words = {files.program,
                                      "-nodefaults",
                                      "-no-user-config",
                                      "-display",
                                      "none",
                                      "-no-reboot",
                                      "-accel",
                                      "kvm",
                                      "-cpu",
                                      "host,migratable=off,-arch-capabilities"};

    add(words, "-smp", "1");
    add(words, "-m", std::to_string(BARE_MEMORY / mebibyte));
    add(words, "-object",
        fmt::format("memory-backend-ram,id=ram,size={}M,prealloc=on", BARE_MEMORY / mebibyte));
    add(words, "-M", machine_of(plan));
    add(words, "-bios", files.rom);
    add(words, "-device", "loader,file=" + files.image);
    add(words, "-device", "isa-debug-exit,iobase=0xf4,iosize=1");
    add(words, "-chardev", "socket,id=line,fd=3");
    add(words, "-serial", "chardev:line");
    add(words, "-chardev", "socket,id=control,fd=4");
    add(words, "-mon", "chardev=control,mode=control");
    add_medium(words, plan, medium);
    add_disk(words, plan);
    return words;
}

std::string open_command(const QemuPlan &plan)
{
    switch (plan.disk) {
    case QemuDisk::virtio:
        return fmt::format("open virtio{}{}", plan.event_index ? " event-index" : "",
                           plan.indirect ? " indirect" : "");
    case QemuDisk::nvme:
        return plan.shadow_doorbells ? "open nvme shadow-doorbells" : "open nvme";
    case QemuDisk::ahci:
        return "open ahci";
    case QemuDisk::ide:
        break;
    }
    return "open ide";
}

std::string run_command(const Job &job, uint64_t tsc_khz, bool verify)
{
    return fmt::format("run tsc-khz={} random={} read-percent={} bytes={} depth={} first={} "
                       "sectors={} warm-up={} time={} count={} seed={} latency={} verify={}",
                       tsc_khz, job.pattern == Pattern::random ? 1 : 0, job.read_percent, job.bytes,
                       job.depth, job.first, job.sectors, job.warm_up, job.time, job.count,
                       job.seed, job.latency ? 1 : 0, verify ? 1 : 0);
}

} // namespace paravane::bench::blk
