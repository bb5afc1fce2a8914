// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/programs/disk.hpp"

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::program {

namespace {

constexpr uint64_t patience_for_device = 2 * clock::second;
constexpr uint64_t patience_for_backend = 30 * clock::second;
constexpr uint64_t patience_at_end = 5 * clock::second;

struct Task {
    OpenDisk::Worker *worker = nullptr;
    blk::Channel *channel = nullptr;
    blk::Waiting waiting = blk::Waiting::poll;
    HostRequests *requests = nullptr; // on the first vCPU
    std::atomic<bool> *stop = nullptr;
    // The caller's own: what others make the vCPU do meanwhile must not look like the end of it.
    std::atomic<bool> ended = false;
};

void perform(void *context)
{
    auto *task = static_cast<Task *>(context);

    {
        blk::Attendant attendant(*task->channel, task->waiting, task->requests, *task->stop);
        task->worker->run(*task->channel, attendant);
    }
    task->ended.store(true, std::memory_order_release);
}

} // namespace

OpenDisk::OpenDisk(uint32_t number, const blk::Options &options)
    : number_(number), disk_(std::make_unique<blk::Disk>(number, options))
{
}

OpenDisk::~OpenDisk()
{
    device::Device &device = disk_->device();

    // A backend that finds the grants gone takes that for a broken rule.
    device.close();
    (void)event_loop::run_until([&] { return device.closed(); }, clock::now() + patience_at_end);
}

bool OpenDisk::begin(std::string_view program)
{
    device::Device &device = disk_->device();

    device.open();
    if (!requests_.wait_until([&] { return device.present(); },
                              clock::now() + patience_for_device)) {
        if (!requests_.shutdown())
            print("{}: the host has no disk {} for this guest", program, number_);
        return false;
    }
    if (!requests_.wait_until([&] { return device.connected(); },
                              clock::now() + patience_for_backend)) {
        if (!requests_.shutdown())
            print("{}: disk {} is not connected: {}", program, number_,
                  device.problem().empty() ? "the backend is silent" : device.problem());
        return false;
    }
    return true;
}

void OpenDisk::run(std::span<const std::unique_ptr<Worker>> workers, blk::Waiting waiting)
{
    std::array<Task, PV_BLK_QUEUES_LIMIT> tasks;
    Task *own = nullptr;

    for (uint32_t i = 0; i < workers.size(); i++) {
        Task &task = tasks[i];
        const uint32_t vcpu = disk_->channel(i).vcpu();

        task.worker = workers[i].get();
        task.channel = &disk_->channel(i);
        task.waiting = waiting;
        task.stop = &stop_;
        if (vcpu == this_vcpu().id) {
            task.requests = &requests_;
            own = &task;
        } else {
            smp::start_call(vcpu, {perform, &task});
        }
    }
    if (own != nullptr)
        perform(own);
    // They need the first vCPU's loop: a connection is made there.
    for (uint32_t i = 0; i < workers.size(); i++) {
        while (!tasks[i].ended.load(std::memory_order_acquire)) {
            (void)requests_.wait_until([] { return false; }, clock::now() + clock::millisecond);
            if (requests_.shutdown()) {
                stop_.store(true, std::memory_order_relaxed);
                (void)event_loop::turn();
            }
        }
    }
}

} // namespace keel::program
