// SPDX-License-Identifier: Apache-2.0
#include "hypercall/kvm/vcpu_thread.hpp"

#include <chrono>
#include <csignal>
#include <cstring>

#include <fmt/core.h>
#include <paravane/event.h>

namespace paravane::kvm {

namespace {

// The kick's signal only has to interrupt KVM_RUN.
void prepare_kick()
{
    static const bool once = [] {
        struct sigaction action = {};
        action.sa_handler = [](int) {};
        sigaction(Vcpu::kick_signal, &action, nullptr);
        return true;
    }();
    (void)once;
}

// Reads of what is not there give ones, as on a bus.
void answer_with_ones(kvm_run &run)
{
    auto *area = reinterpret_cast<unsigned char *>(&run);

    if (run.exit_reason == KVM_EXIT_IO && run.io.direction == KVM_EXIT_IO_IN)
        std::memset(area + run.io.data_offset, 0xff, std::size_t{run.io.size} * run.io.count);
    if (run.exit_reason == KVM_EXIT_MMIO && run.mmio.is_write == 0)
        std::memset(run.mmio.data, 0xff, sizeof(run.mmio.data));
}

} // namespace

VcpuThread::VcpuThread(Domain &domain, VcpuId id, Vcpu vcpu, Controllers controllers)
    : domain_(domain), id_(id), vcpu_(std::move(vcpu)), time_(domain.vcpu(id).time),
      controllers_(controllers)
{
    prepare_kick();
}

VcpuThread::~VcpuThread()
{
    stop();
    join();
}

void VcpuThread::begin()
{
    if (!thread_.joinable())
        thread_ = std::thread([this] { loop(); });
}

void VcpuThread::start(const VcpuStart &start)
{
    const std::lock_guard guard(lock_);
    start_ = start;
    changed_.notify_all();
}

void VcpuThread::stop()
{
    const std::lock_guard guard(lock_);
    stop_ = true;
    kick();
    changed_.notify_all();
}

void VcpuThread::join()
{
    if (thread_.joinable())
        thread_.join();
}

void VcpuThread::wake()
{
    const std::lock_guard guard(lock_);
    wake_ = true;
    kick();
    changed_.notify_all();
}

void VcpuThread::interrupt()
{
    const std::lock_guard guard(lock_);
    interrupt_ = true;
    // Outside of the guest it finds the order on its way in.
    if (in_guest_)
        kick();
    changed_.notify_all();
}

void VcpuThread::pause()
{
    std::unique_lock guard(lock_);
    pauses_++;
    kick();
    changed_.wait(guard, [this] { return !in_guest_; });
}

void VcpuThread::resume()
{
    const std::lock_guard guard(lock_);
    pauses_--;
    changed_.notify_all();
}

void VcpuThread::kick()
{
    // After join() there is nobody to disturb.
    if (thread_.joinable())
        vcpu_.kick(thread_.native_handle());
}

void VcpuThread::loop()
{
    for (;;) {
        VcpuStart start;
        {
            std::unique_lock guard(lock_);
            changed_.wait(guard, [this] { return stop_ || start_; });
            if (stop_)
                return;
            start = *start_;
            start_.reset();
        }
        Result<void> set = start_at(vcpu_, start.entry, start.stack, start.argument);
        // All but the first wait for an interrupt of the kind that PCs start processors with.
        if (set && !vcpu_.unhalt())
            set = system_problem("starting a vCPU");
        if (!set) {
            domain_.crash(set.error().text);
            return;
        }
        sleeping_ = false;
        while (run_once())
            ;
        time_.enter(PV_RUNSTATE_OFFLINE);
    }
}

bool VcpuThread::run_once()
{
    take_orders();
    if (stop_)
        return false;
    time_.enter(sleeping_ ? PV_RUNSTATE_BLOCKED : PV_RUNSTATE_RUNNING);
    const int error = vcpu_.run();
    time_.enter(PV_RUNSTATE_SERVICED);
    {
        const std::lock_guard guard(lock_);
        in_guest_ = false;
        changed_.notify_all();
    }
    if (error == EINTR || error == EAGAIN)
        return !stop_;
    if (error != 0) {
        domain_.crash(fmt::format("KVM cannot run vCPU {}: {}", id_.value,
                                  std::generic_category().message(error)));
        return false;
    }
    // Whatever ended it, the vCPU ran.
    sleeping_ = false;
    return handle_exit();
}

void VcpuThread::take_orders()
{
    std::unique_lock guard(lock_);

    changed_.wait(guard, [this] { return pauses_ == 0 || stop_; });
    vcpu_.forget_kick();
    if (wake_ && sleeping_)
        sleeping_ = !vcpu_.unhalt();
    wake_ = false;
    if (interrupt_)
        vcpu_.interrupt(PV_VECTOR_UPCALL);
    interrupt_ = false;
    // A stop that came before forget_kick() is seen by the caller; one after it kicks again.
    in_guest_ = !stop_;
}

void VcpuThread::sleep()
{
    if (controllers_ == Controllers::in_kernel) {
        sleeping_ = vcpu_.halt();
        return;
    }
    // KVM would never see it woken.
    time_.enter(PV_RUNSTATE_BLOCKED);
    std::unique_lock guard(lock_);
    changed_.wait(guard,
                  [this] { return wake_ || interrupt_ || vcpu_.interrupt_waits() || stop_; });
}

void VcpuThread::wait_for(uint64_t ns)
{
    std::unique_lock guard(lock_);
    changed_.wait_for(guard, std::chrono::nanoseconds(ns), [this] { return stop_.load(); });
}

bool VcpuThread::handle_exit()
{
    const kvm_run &exit = vcpu_.exit();

    switch (exit.exit_reason) {
    case KVM_EXIT_IO:
        return handle_port();
    case KVM_EXIT_IRQ_WINDOW_OPEN: // asked for by vcpu_
        return true;
    case KVM_EXIT_MMIO:
        answer_with_ones(vcpu_.exit());
        return true;
    case KVM_EXIT_SHUTDOWN:
        domain_.crash(fmt::format("vCPU {}: an exception had no handler", id_.value));
        return false;
    case KVM_EXIT_INTERNAL_ERROR:
        domain_.crash(fmt::format("vCPU {}: KVM cannot emulate the instruction at {:#x} ({})",
                                  id_.value, vcpu_.registers().rip, exit.internal.suberror));
        return false;
    case KVM_EXIT_FAIL_ENTRY:
        domain_.crash(fmt::format("vCPU {}: KVM cannot enter the guest ({:#x})", id_.value,
                                  uint64_t{exit.fail_entry.hardware_entry_failure_reason}));
        return false;
    default:
        domain_.crash(fmt::format("vCPU {}: unexpected exit {}", id_.value, exit.exit_reason));
        return false;
    }
}

bool VcpuThread::handle_port()
{
    const kvm_run &exit = vcpu_.exit();

    if (exit.io.port == hypercall_port && exit.io.direction == KVM_EXIT_IO_OUT)
        return hypercall();
    answer_with_ones(vcpu_.exit());
    return true;
}

bool VcpuThread::hypercall()
{
    const kvm_regs &registers = vcpu_.registers();
    const Call call = {registers.rax,
                       {registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8}};
    const Outcome outcome = domain_.call(id_, call);

    vcpu_.set_result(static_cast<uint64_t>(outcome.result));
    if (outcome.delay > 0)
        wait_for(outcome.delay);
    switch (outcome.after) {
    case After::resume:
        return true;
    case After::yield:
        std::this_thread::yield();
        return true;
    case After::block:
        // What is raised from here on interrupts or wakes the vCPU.
        if (domain_.may_sleep(id_))
            sleep();
        return true;
    case After::down:
    case After::ended:
        return false;
    }
    return false;
}

} // namespace paravane::kvm
