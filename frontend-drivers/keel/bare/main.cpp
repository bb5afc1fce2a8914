// SPDX-License-Identifier: Apache-2.0
//
// Does what the host asks for on the serial line, until it is told to end.
#include "frontend-drivers/blk/workload/run.hpp"
#include "frontend-drivers/blk/workload/verified.hpp"
#include "frontend-drivers/keel/bare/ahci.hpp"
#include "frontend-drivers/keel/bare/clock.hpp"
#include "frontend-drivers/keel/bare/command.hpp"
#include "frontend-drivers/keel/bare/end.hpp"
#include "frontend-drivers/keel/bare/ide.hpp"
#include "frontend-drivers/keel/bare/nvme.hpp"
#include "frontend-drivers/keel/bare/serial.hpp"
#include "frontend-drivers/keel/bare/virtio_blk.hpp"

extern "C" [[noreturn]] void bare_main();

namespace keel::bare {

namespace {

constinit VirtioBlk virtio;
constinit Nvme nvme;
constinit Ahci ahci;
constinit Ide ide;
constinit DiskKind opened = DiskKind::none;

template <typename Action> auto with_disk(DiskKind kind, const Action &action)
{
    switch (kind) {
    case DiskKind::virtio:
        return action(virtio);
    case DiskKind::nvme:
        return action(nvme);
    case DiskKind::ahci:
        return action(ahci);
    default:
        return action(ide);
    }
}

// The disk itself, and how many requests it completed.
template <typename Below> class Counted {
  public:
    explicit Counted(Below &below) : below_(below) {}

    [[nodiscard]] bool put(const Io &io) { return below_.put(io); }
    void kick()
    {
        kicks_++;
        below_.kick();
    }
    template <typename Done> uint32_t poll(const Done &done)
    {
        const uint32_t found = below_.poll(done);
        completed_ += found;
        return found;
    }
    [[nodiscard]] uint64_t sectors() const { return below_.sectors(); }
    [[nodiscard]] pv_shared buffer(uint32_t number) const { return below_.buffer(number); }
    [[nodiscard]] uint64_t completed() const { return completed_; }
    [[nodiscard]] uint64_t kicks() const { return kicks_; }

  private:
    Below &below_;
    uint64_t completed_ = 0;
    uint64_t kicks_ = 0;
};

void touch(uint64_t begin, uint64_t bytes)
{
    for (uint64_t at = begin; at < begin + bytes; at += Disk::page_bytes)
        store8(at, 0);
}

template <typename Below> void run(Below &disk, const RunCommand &command)
{
    const workload::Job &job = command.job;

    if (!workload::Requests::fits(job, disk.sectors()) || (job.time == 0 && job.count == 0) ||
        job.depth > disk.depth_max() || job.bytes > disk.bytes_max() ||
        !disk.set_buffers(job.depth, job.bytes)) {
        say("no: such a job does not fit the disk");
        return;
    }
    for (uint32_t number = 0; number < job.depth; number++)
        touch(disk.buffer(number).address, job.bytes);
    Counted counted(disk);
    workload::Verified verified(counted, job.seed);
    const Clock clock(command.tsc_khz);
    say("begin");
    const uint64_t before = accesses;
    const workload::Report report =
        command.verify ? workload::run(verified, job, clock) : workload::run(counted, job, clock);
    const uint64_t made = accesses - before;
    say("end");
    say("ok requests={} bytes={} ns={} errors={} first-error={} p50={} p99={} max={} completed={} "
        "kicks={} accesses={} verified={} wrong={} first-wrong={}",
        report.requests, report.bytes, report.ns, report.errors, report.first_error, report.p50(),
        report.p99(), report.max(), counted.completed(), counted.kicks(), made, verified.verified(),
        verified.wrong(), verified.first_wrong());
}

void open(WordReader words)
{
    OpenCommand command;

    if (!parse(words, command)) {
        say("no: not a command to open a disk");
        return;
    }
    opened = command.disk;
    const Complaint wrong =
        with_disk(opened, [&](auto &disk) { return disk.open(command.features); });
    if (!wrong.empty()) {
        opened = DiskKind::none;
        say("no: {}", wrong);
        return;
    }
    with_disk(opened, [](const auto &disk) {
        say("ok sectors={} depth-max={} bytes-max={}", disk.sectors(), disk.depth_max(),
            disk.bytes_max());
    });
}

void run(WordReader words)
{
    RunCommand command;

    if (opened == DiskKind::none || !parse(words, command)) {
        say("no: not a command to run, or no disk is open");
        return;
    }
    with_disk(opened, [&](auto &disk) { run(disk, command); });
}

} // namespace

} // namespace keel::bare

void bare_main()
{
    using namespace keel::bare;

    // Nobody takes interrupts, so both old controllers keep them.
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    take_over_exceptions();
    say("ready");
    for (;;) {
        std::array<char, line_max> room = {};
        WordReader words(read_line(room));
        const std::string_view verb = words.next();

        if (verb == "open")
            open(words);
        else if (verb == "run")
            run(words);
        else if (verb == "end")
            end(end_asked_for);
        else
            say("no: not a command");
    }
}
