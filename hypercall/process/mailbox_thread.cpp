// SPDX-License-Identifier: Apache-2.0
#include "hypercall/process/mailbox_thread.hpp"

#include <chrono>

#include "hypercall/host/futex.hpp"

namespace paravane::process {

MailboxThread::MailboxThread(Domain &domain, VcpuId id, const SharedMemory &mailboxes)
    : domain_(domain), id_(id), time_(domain.vcpu(id).time),
      mailbox_(mailboxes.at(id.value * sizeof(pv_mailbox)))
{
}

MailboxThread::~MailboxThread()
{
    stop();
    join();
}

void MailboxThread::begin()
{
    if (!thread_.joinable())
        thread_ = std::thread([this] { loop(); });
}

void MailboxThread::start(const VcpuStart &start)
{
    const std::lock_guard guard(lock_);
    start_ = start;
    changed_.notify_all();
}

void MailboxThread::wake()
{
    const std::lock_guard guard(lock_);
    wake_ = true;
    changed_.notify_all();
}

void MailboxThread::hold()
{
    const std::lock_guard guard(lock_);
    holds_++;
}

void MailboxThread::release()
{
    const std::lock_guard guard(lock_);
    holds_--;
    changed_.notify_all();
}

void MailboxThread::stop()
{
    const std::lock_guard guard(lock_);
    stop_ = true;
    changed_.notify_all();
    // Whatever the guest wrote there: the value that is waited for must change.
    pv_shared_store_release(mailbox_, PV_MAILBOX_CALL);
    futex_wake(mailbox_);
}

void MailboxThread::join()
{
    if (thread_.joinable())
        thread_.join();
}

void MailboxThread::loop()
{
    while (await_call() && carry_out())
        ;
    time_.enter(PV_RUNSTATE_OFFLINE);
}

bool MailboxThread::await_call()
{
    for (;;) {
        const uint32_t state = pv_shared_load_acquire(mailbox_);
        {
            const std::lock_guard guard(lock_);
            if (stop_)
                return false;
        }
        if (state == PV_MAILBOX_CALL)
            return true;
        futex_wait(mailbox_, state);
    }
}

Call MailboxThread::take_call() const
{
    pv_mailbox copy = {};
    Call call;

    pv_shared_copy_out(&copy, mailbox_, sizeof(copy));
    call.number = pv_le64_get(copy.number);
    for (std::size_t i = 0; i < call.argument.size(); i++)
        call.argument[i] = pv_le64_get(copy.argument[i]);
    return call;
}

bool MailboxThread::carry_out()
{
    const Call call = take_call();

    time_.enter(PV_RUNSTATE_SERVICED);
    if (call.number == PV_MAILBOX_READY)
        return await_start();
    const Outcome outcome = domain_.call(id_, call);
    if (outcome.delay > 0)
        wait_for(outcome.delay);
    switch (outcome.after) {
    case After::yield:
        std::this_thread::yield();
        break;
    case After::resume:
        break;
    case After::block:
        if (!sleep())
            return false;
        break;
    case After::down:
        return await_start();
    case After::ended:
        return false;
    }
    if (!await_release())
        return false;
    answer(outcome.result);
    return true;
}

bool MailboxThread::await_start()
{
    std::unique_lock guard(lock_);

    time_.enter(PV_RUNSTATE_OFFLINE);
    changed_.wait(guard, [this] { return stop_ || (start_ && holds_ == 0); });
    if (stop_)
        return false;
    pv_mailbox contents = {};
    contents.argument[0] = pv_le64_of(start_->entry.value);
    contents.argument[1] = pv_le64_of(start_->stack.value);
    contents.argument[2] = pv_le64_of(start_->argument);
    start_.reset();
    answer(PV_MAILBOX_START, contents);
    return true;
}

bool MailboxThread::sleep()
{
    std::unique_lock guard(lock_);

    time_.enter(PV_RUNSTATE_BLOCKED);
    // A wake from before the look at `upcall` may be left over: then it looks once in vain.
    changed_.wait(guard, [this] { return stop_ || wake_ || !domain_.may_sleep(id_); });
    wake_ = false;
    return !stop_;
}

bool MailboxThread::await_release()
{
    std::unique_lock guard(lock_);

    changed_.wait(guard, [this] { return stop_ || holds_ == 0; });
    return !stop_;
}

void MailboxThread::answer(pv_mailbox_state state, const pv_mailbox &contents)
{
    pv_mailbox whole = contents;

    time_.enter(PV_RUNSTATE_RUNNING);
    whole.state = pv_le32_of(PV_MAILBOX_CALL);
    pv_shared_copy_in(mailbox_, &whole, sizeof(whole));
    pv_shared_store_release(mailbox_, state);
    futex_wake(mailbox_);
}

void MailboxThread::answer(int64_t result)
{
    pv_mailbox contents = {};

    contents.result = pv_le64_of(static_cast<uint64_t>(result));
    answer(PV_MAILBOX_ANSWER, contents);
}

void MailboxThread::wait_for(uint64_t ns)
{
    std::unique_lock guard(lock_);
    changed_.wait_for(guard, std::chrono::nanoseconds(ns), [this] { return stop_; });
}

} // namespace paravane::process
