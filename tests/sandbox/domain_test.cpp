// SPDX-License-Identifier: Apache-2.0
//
// The sandbox of a domain process, with the very list that it uses.
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/kvm.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "hypercall/domain/confinement.hpp"
#include "hypercall/kvm/machine.hpp"
#include "hypercall/kvm/vcpu.hpp"
#include "tests/sandbox/attempts.hpp"
#include "tests/sandbox/in_child.hpp"
#include <paravane/shared_memory.hpp>

namespace paravane::sandbox::test {
namespace {

constexpr int could_not = 42;

// A vehicle of one thread, which waits to be told to end.
class OneThread final : public Carrier {
  public:
    explicit OneThread(pid_t guest) : guest_(guest) {}
    OneThread(const OneThread &) = delete;
    OneThread &operator=(const OneThread &) = delete;
    ~OneThread() override { join(); }

    [[nodiscard]] control::Vehicle kind() const override { return control::Vehicle::PROCESS; }
    [[nodiscard]] Vehicle &vehicle() override { std::abort(); }
    void begin() override
    {
        thread_ = std::thread([this] {
            std::unique_lock guard(lock_);
            changed_.wait(guard, [this] { return stop_; });
            done_ = true;
        });
    }
    [[nodiscard]] Result<void> start(const Image &, const VcpuStart &) override { return {}; }
    void join() override
    {
        {
            const std::lock_guard guard(lock_);
            stop_ = true;
            changed_.notify_all();
        }
        if (thread_.joinable())
            thread_.join();
    }
    [[nodiscard]] pid_t pid() const override { return guest_; }

    [[nodiscard]] bool done() const { return done_; }
    void kick() { pthread_kill(thread_.native_handle(), kvm::Vcpu::kick_signal); }

  private:
    pid_t guest_;
    std::mutex lock_;
    std::condition_variable changed_;
    std::thread thread_;
    bool stop_ = false;
    bool done_ = false;
};

// The wait status of a confined process that does this.
template <typename Action> int confined(const Action &action, pid_t guest = -1)
{
    return in_child([&] {
        std::signal(kvm::Vcpu::kick_signal, [](int) {});
        OneThread carrier(guest);
        if (!confine(carrier))
            return could_not;
        return action(carrier);
    });
}

class DomainSandboxAttempt : public testing::TestWithParam<Attempt> {};

TEST_P(DomainSandboxAttempt, IsDeadly)
{
    EXPECT_TRUE(was_killed(confined([](OneThread &) {
        GetParam().run();
        return 0;
    })));
}

INSTANTIATE_TEST_SUITE_P(Each, DomainSandboxAttempt,
                         testing::ValuesIn(attempts().begin(), attempts().end()), name_of);

TEST(DomainSandbox, LetsItsThreadsWork)
{
    const int status = confined([](OneThread &carrier) {
        carrier.kick();
        carrier.join();
        return carrier.done() ? 0 : 1;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(DomainSandbox, HoldsForThreadsMadeBefore)
{
    const int status = in_child([] {
        struct Opens final : Carrier {
            control::Vehicle kind() const override { return control::Vehicle::KVM; }
            Vehicle &vehicle() override { std::abort(); }
            void begin() override
            {
                thread = std::thread([this] {
                    while (!go)
                        std::this_thread::yield();
                    (void)open("/", O_RDONLY);
                });
            }
            Result<void> start(const Image &, const VcpuStart &) override { return {}; }
            void join() override { thread.join(); }
            std::thread thread;
            std::atomic<bool> go{false};
        } carrier;
        if (!confine(carrier))
            return could_not;
        carrier.go = true;
        carrier.join();
        return 0;
    });
    EXPECT_TRUE(was_killed(status));
}

TEST(DomainSandbox, LetsPortsBeMade)
{
    const int status = confined([](OneThread &) {
        const UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        const UniqueFd copy(dup(event.get()));
        eventfd_t value = 0;
        return event && copy && eventfd_write(copy.get(), 1) == 0 &&
                       eventfd_read(event.get(), &value) == 0 && value == 1
                   ? 0
                   : 1;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(DomainSandbox, LetsSharedMemoryBeMade)
{
    const int status = confined([](OneThread &) {
        std::error_code error;
        const SharedMemory memory =
            SharedMemory::create(PV_PAGE_SIZE, SharedMemory::Pages::normal, error);
        pv_shared_store_release(memory.at(0), 1);
        return error ? 1 : 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

TEST(DomainSandbox, KillsItsGuestAndNobodyElse)
{
    const auto sleeper = [] {
        const pid_t child = fork();
        if (child == 0) {
            pause();
            _exit(0);
        }
        return child;
    };
    const pid_t guest = sleeper();
    const pid_t other = sleeper();

    EXPECT_TRUE(ended_with(confined([&](OneThread &) { return kill(guest, SIGKILL); }, guest), 0));
    EXPECT_TRUE(was_killed(confined([&](OneThread &) { return kill(other, SIGKILL); }, guest)));
    EXPECT_TRUE(was_killed(confined([&](OneThread &) { return kill(guest, SIGTERM); }, guest)));

    int status = 0;
    waitpid(guest, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_EQ(waitpid(other, &status, WNOHANG), 0);
    kill(other, SIGKILL);
    waitpid(other, &status, 0);
}

TEST(DomainSandbox, KicksWithOneSignalOnly)
{
    EXPECT_TRUE(was_killed(confined([](OneThread &) { return raise(SIGUSR2); })));
}

TEST(DomainSandbox, MayStillRunAGuest)
{
    // Of a descriptor that is none: the calls are let through, and fail.
    const int status = confined([](OneThread &) {
        for (const unsigned long request :
             {static_cast<unsigned long>(KVM_RUN), static_cast<unsigned long>(KVM_IOEVENTFD),
              static_cast<unsigned long>(KVM_IRQFD), static_cast<unsigned long>(KVM_SIGNAL_MSI),
              static_cast<unsigned long>(KVM_SET_REGS),
              static_cast<unsigned long>(KVM_SET_MP_STATE),
              static_cast<unsigned long>(KVM_INTERRUPT),
              static_cast<unsigned long>(KVM_SET_USER_MEMORY_REGION),
              static_cast<unsigned long>(kvm::set_routing)}) {
            if (ioctl(-1, request, 0) != -1 || errno != EBADF)
                return 1;
        }
        return 0;
    });
    EXPECT_TRUE(ended_with(status, 0));
}

} // namespace
} // namespace paravane::sandbox::test
