// SPDX-License-Identifier: Apache-2.0
#include "backend.hpp"

#include <csignal>

#include <sys/prctl.h>
#include <sys/wait.h>

namespace paravane::demo {
namespace {

constexpr int idle_limit_ms = 10000; // a frontend that says nothing for so long is gone

class Backend {
  public:
    Backend(const Device &device, LogContents &log) : device_(device), log_(log) {}

    // Returns the exit status of the process.
    int run()
    {
        if (!map() || !attach() || !resume())
            return 1;
        device_.interrupt.notify(); // one may have died with a predecessor
        for (;;) {
            if (serve() > 0)
                continue;
            if (pv_consumer_ended(&queue_.requests))
                return 0;
            if (pv_consumer_refused(&queue_.requests) != PV_RULE_KEPT)
                return 1;
            if (pv_consumer_arm(&queue_.requests, 1) && !device_.doorbell.wait(idle_limit_ms))
                return 1;
        }
    }

  private:
    // A mapping of its own, as a process that was handed nothing but the descriptor would have.
    bool map()
    {
        std::error_code error;
        memory_ = SharedMemory::adopt(fcntl(device_.memory.fd(), F_DUPFD_CLOEXEC, 0), error);
        return !error && memory_.size() >= device_.place.bytes();
    }

    bool attach()
    {
        const QueuePlace &place = device_.place;

        return pv_consumer_attach(&queue_.requests, memory_.at(0), memory_.size(), place.requests(),
                                  log_.taken, &violations_) == PV_RULE_KEPT &&
               pv_producer_attach(&queue_.responses, memory_.at(place.responses_at()),
                                  memory_.size() - place.responses_at(), place.responses(),
                                  log_.answered, &violations_) == PV_RULE_KEPT &&
               pv_backend_queue_init(&queue_, place.slots, {1U << operation_add, 0}) ==
                   PV_RULE_KEPT;
    }

    // Puts in order what the log of a predecessor holds: answers that may not have reached the ring
    // are written again, requests without an answer are carried out.
    bool resume()
    {
        for (uint32_t id = 0; id < device_.place.slots; id++) {
            LogEntry &entry = log_.entry[id];
            const bool was_taken = before(entry.request_index, log_.taken);
            const bool was_answered = before(entry.response_index, log_.answered);

            if (entry.state == EntryState::free || !was_taken)
                continue;
            if (entry.state == EntryState::answered && was_answered) {
                if (!restore(entry))
                    return false;
                continue;
            }
            if (!pv_backend_queue_restore(&queue_, id))
                return false;
            log_.replayed++;
            answer(id);
        }
        publish();
        return true;
    }

    static bool before(uint32_t index, uint32_t limit)
    {
        return static_cast<int32_t>(index - limit) < 0;
    }

    bool restore(LogEntry &entry)
    {
        const uint64_t at = device_.place.responses_at();

        log_.restored++;
        if (pv_producer_restore(memory_.at(at), memory_.size() - at, device_.place.responses(),
                                entry.response_index, &entry.response) != PV_RULE_KEPT)
            return false;
        entry.state = EntryState::free;
        return true;
    }

    // One batch: log, release, work, answer. Returns how many requests it had.
    uint32_t serve()
    {
        uint32_t count = 0;
        AddRequest request = {};

        while (count < batch_.size() &&
               pv_backend_queue_take(&queue_, &request.head, sizeof(request))) {
            const uint32_t id = pv_le16_get(request.head.id);
            LogEntry &entry = log_.entry[id];

            entry.request = request;
            entry.request_index = log_.taken;
            entry.state = EntryState::taken;
            log_.taken++;
            batch_[count++] = id;
        }
        if (count > 0 && pv_consumer_release(&queue_.requests))
            device_.interrupt.notify();
        for (uint32_t i = 0; i < count; i++)
            answer(batch_[i]);
        publish();
        return count;
    }

    void answer(uint32_t id)
    {
        LogEntry &entry = log_.entry[id];

        entry.response = {};
        entry.response.head.id = pv_le16_of(static_cast<uint16_t>(id));
        entry.response.sum = pv_le64_of(sum_of(entry.request));
        entry.response_index = log_.answered;
        entry.state = EntryState::answered;
        log_.answered++;
        (void)pv_backend_queue_respond(&queue_, &entry.response.head, sizeof(entry.response));
        answered_[answered_count_++] = id;
        if (answered_count_ == answered_.size())
            publish();
    }

    // Only what the frontend was shown may leave the log.
    void publish()
    {
        if (pv_producer_publish(&queue_.responses))
            device_.interrupt.notify();
        for (uint32_t i = 0; i < answered_count_; i++)
            log_.entry[answered_[i]].state = EntryState::free;
        answered_count_ = 0;
    }

    static constexpr uint32_t batch_size = 64;

    const Device &device_;
    LogContents &log_;
    SharedMemory memory_;
    pv_violations violations_ = {};
    pv_backend_queue queue_ = {};
    std::array<uint32_t, batch_size> batch_ = {};
    std::array<uint32_t, batch_size> answered_ = {};
    uint32_t answered_count_ = 0;
};

} // namespace

bool BackendProcess::start(const Device &device, LogContents &log)
{
    kill();
    pid_ = fork();
    if (pid_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(Backend(device, log).run());
    }
    return pid_ > 0;
}

void BackendProcess::kill()
{
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

bool BackendProcess::finish()
{
    int status = 0;
    const bool reaped = pid_ > 0 && waitpid(pid_, &status, 0) == pid_;

    pid_ = -1;
    return reaped && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace paravane::demo
