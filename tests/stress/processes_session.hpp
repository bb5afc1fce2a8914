// SPDX-License-Identifier: Apache-2.0
//
// The keeper of one device: runs its frontend, kills its backend and starts it again.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <paravane/shared_memory.hpp>
#include <poll.h>

#include "child.hpp"
#include "processes_backend.hpp"
#include "processes_frontend.hpp"

namespace paravane::stress {

struct Totals {
    uint64_t devices = 0;
    uint64_t undisturbed = 0;
    uint64_t requests = 0;
    uint64_t kills = 0;
    uint64_t executions = 0;
    uint64_t replays = 0;
    uint64_t restores = 0;
    Counts frontend = {};
    Counts backend = {};
    std::array<uint64_t, crash_points> crashes = {};
};

class Session {
  public:
    Session(Random &random, bool kills, Totals &totals)
        : random_(random), device_(choose(random, kills)), kills_(kills), totals_(totals)
    {
        std::error_code error;
        memory_ = SharedMemory::create(device_.bytes(), SharedMemory::Pages::normal, error);
        if (error)
            cannot("memfd", error.value());
        format_at(memory_.at(0), pv_ring_bytes(device_.requests), device_.start);
        format_at(memory_.at(device_.responses_offset()), pv_ring_bytes(device_.responses),
                  device_.start);
        log_->taken = device_.start;
        log_->responded = device_.start;
    }

    void run(int milliseconds)
    {
        const int64_t ends = now_ms() + milliseconds;
        // The last quarter is undisturbed: a restart would mend a wake-up that was lost.
        last_kill_ = kills_ ? ends - milliseconds / 4 : 0;
        Half half("frontend", frontend_port_, backend_port_);
        Frontend frontend(device_, memory_.at(0), half);
        start();
        for (bool more = true; more || frontend.answered() < frontend.sent();) {
            more = more && now_ms() < ends;
            const bool sleeps = frontend.work(more);
            kill_if_due();
            if (sleeps)
                wait();
        }
        frontend.close();
        finish();
        check(frontend);
        totals_.frontend.add(half.counts());
    }

  private:
    static Device choose(Random &random, bool kills)
    {
        Device device = Device::choose(random);
        device.crash_one_in = kills ? random.between(200, 4000) : 0;
        return device;
    }

    void start()
    {
        lives_++;
        backend_ = Child::start([this] {
            std::error_code error;
            const SharedMemory memory =
                SharedMemory::adopt(fcntl(memory_.fd(), F_DUPFD_CLOEXEC, 0), error);
            if (error)
                fail("backend: adopt: %s", error.message().c_str());
            Backend backend(device_, *log_, lives_, backend_port_, frontend_port_);
            backend.run(memory);
            return 0;
        });
        next_kill_ = now_ms() + random_.between(0, 15);
    }

    // The backend has ended, or is about to. True: as it should at the end of the device.
    bool bury()
    {
        const int status = backend_.reap();
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            totals_.kills++;
            return false;
        }
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail("the backend ended with status 0x%x", static_cast<unsigned int>(status));
        return true;
    }

    void restart()
    {
        if (bury())
            fail("the backend took the device for ended");
        start();
    }

    [[nodiscard]] bool killing() const { return now_ms() < last_kill_; }

    void kill_if_due()
    {
        if (!killing() || now_ms() < next_kill_)
            return;
        backend_.kill_now();
        restart();
    }

    void wait()
    {
        const int64_t limit = now_ms() + patience_ms;
        sleeps_++;
        while (!frontend_port_.consume()) {
            const int64_t now = now_ms();
            if (now >= limit)
                fail("frontend: no notification in %d s: a lost wake-up, or the backend hangs",
                     patience_ms / 1000);
            const int64_t until = killing() ? std::min(limit, std::max(next_kill_, now)) : limit;
            std::array<pollfd, 2> events = {pollfd{frontend_port_.fd(), POLLIN, 0},
                                            pollfd{backend_.pidfd(), POLLIN, 0}};
            if (poll(events.data(), events.size(), static_cast<int>(until - now)) < 0)
                fail("poll: %s", std::strerror(errno));
            if (events[1].revents != 0)
                restart();
            else
                kill_if_due();
        }
    }

    void finish()
    {
        for (bool ended = false; !ended;) {
            pollfd event = {backend_.pidfd(), POLLIN, 0};
            if (poll(&event, 1, patience_ms) != 1)
                fail("the backend did not notice the end in %d s", patience_ms / 1000);
            ended = bury();
            if (!ended)
                start();
        }
    }

    void check(const Frontend &frontend)
    {
        const BackendLog &log = *log_;
        const auto sent = static_cast<uint32_t>(frontend.sent());
        if (log.taken - device_.start != sent || log.responded - device_.start != sent)
            fail("the log ends at %u requests and %u responses of %u", log.taken - device_.start,
                 log.responded - device_.start, sent);
        if (log.executions < frontend.answered() ||
            log.executions > frontend.answered() + log.replays)
            fail("%llu executions for %u requests and %llu replays",
                 static_cast<unsigned long long>(log.executions), sent,
                 static_cast<unsigned long long>(log.replays));
        if (std::any_of(log.requests.begin(), log.requests.end(),
                        [](const BackendLog::Entry &entry) { return entry.held.load(); }))
            fail("the log still holds a request");
        totals_.devices++;
        totals_.undisturbed += kills_ ? 0 : 1;
        totals_.requests += frontend.answered();
        totals_.executions += log.executions;
        totals_.replays += log.replays;
        totals_.restores += log.restores;
        totals_.backend.add(log.counts);
        totals_.frontend.sleeps += sleeps_;
        totals_.frontend.wakeups += sleeps_;
        for (uint32_t point = 0; point < crash_points; point++)
            totals_.crashes[point] += log.crashes[point];
    }

    Random &random_;
    Device device_;
    bool kills_;
    Totals &totals_;
    SharedMemory memory_;
    Common<BackendLog> log_;
    Port frontend_port_;
    Port backend_port_;
    Child backend_;
    uint64_t lives_ = 0;
    int64_t next_kill_ = 0;
    int64_t last_kill_ = 0;
    uint64_t sleeps_ = 0;
};

} // namespace paravane::stress
