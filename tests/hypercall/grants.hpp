// SPDX-License-Identifier: Apache-2.0
//
// A guest's grants as it makes them, and a backend process's half of them without the process.
#pragma once

#include <optional>
#include <stdexcept>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>

#include "guest.hpp"
#include "hypercall/host/pin_area.hpp"

namespace paravane::hypercall_test {

inline constexpr uint64_t page = PV_PAGE_SIZE;
inline constexpr uint64_t first_arena_frame = PV_ARENAS / PV_PAGE_SIZE;

inline pv_shared entry_at(const Guest &guest, uint32_t grant)
{
    return guest.domain->memory().at({PV_GRANT_TABLE})->memory.at(grant * sizeof(pv_grant_entry));
}

inline void put_entry(const Guest &guest, uint32_t grant, uint32_t word, uint32_t frames,
                      uint64_t first_frame)
{
    const pv_grant_entry entry = {pv_le32_of(0), pv_le32_of(frames), pv_le64_of(first_frame)};
    guest.put(PV_GRANT_TABLE + grant * sizeof(entry), entry);
    pv_shared_store_release(entry_at(guest, grant), word);
}

inline void give(const Guest &guest, uint32_t grant, DomainId to,
                 uint64_t first_frame = first_arena_frame, uint32_t frames = 1)
{
    put_entry(guest, grant, to.value | PV_GRANT_VALID | PV_GRANT_WRITABLE, frames, first_frame);
}

inline void take_back(const Guest &guest, uint32_t grant)
{
    pv_shared_store_release(entry_at(guest, grant), 0);
}

inline int64_t revoke(const Guest &guest, uint64_t grant, uint64_t ns, uint32_t vcpu = 0)
{
    return guest.call_from(vcpu, PV_CALL_GRANT, {PV_GRANT_REVOKE, grant, ns}).result;
}

// What a backend process does with what it is given.
struct FakeBackend {
    FakeBackend(const Guest &guest, BackendNumber number) : FakeBackend(attach(guest, number)) {}

    UniqueFd arena;
    UniqueFd table;
    UniqueFd unpinned; // the loop's
    SharedMemory area; // what `pins` writes
    BackendPins pins;

    [[nodiscard]] bool waited_for() const
    {
        return pv_shared_load_acquire(area.at(offsetof(PinAreaLayout, waiting))) != 0;
    }

  private:
    explicit FakeBackend(BackendEnd end)
        : arena(std::move(end.arena)), table(std::move(end.table)),
          unpinned(duplicate(end.unpinned)), area(adopt(duplicate(end.pins))),
          pins(adopt(std::move(end.pins), std::move(end.unpinned)))
    {
    }
    static BackendEnd attach(const Guest &guest, BackendNumber number)
    {
        Result<BackendEnd> end = guest.domain->attach(number);
        if (!end)
            throw std::runtime_error(end.error().text);
        return std::move(*end);
    }
    static UniqueFd duplicate(const UniqueFd &fd)
    {
        return UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    }
    static SharedMemory adopt(UniqueFd area)
    {
        std::error_code error;
        return SharedMemory::adopt(area.release(), error);
    }
    static BackendPins adopt(UniqueFd area, UniqueFd unpinned)
    {
        Result<BackendPins> pins = BackendPins::adopt(std::move(area), std::move(unpinned));
        if (!pins)
            throw std::runtime_error(pins.error().text);
        return std::move(pins.value());
    }
};

// The domain process's loop, as far as it watches the event of one backend's unpins.
class UnpinLoop {
  public:
    // The backend must stay.
    UnpinLoop(Domain &domain, const FakeBackend &backend)
        : event_(backend.unpinned.get()), end_(eventfd(0, EFD_CLOEXEC)),
          thread_([this, &domain] { run(domain); })
    {
    }
    UnpinLoop(const UnpinLoop &) = delete;
    UnpinLoop &operator=(const UnpinLoop &) = delete;
    ~UnpinLoop()
    {
        (void)eventfd_write(end_.get(), 1);
        thread_.join();
    }

  private:
    void run(Domain &domain) const
    {
        for (;;) {
            std::array<pollfd, 2> fds = {pollfd{event_, POLLIN, 0}, pollfd{end_.get(), POLLIN, 0}};
            (void)poll(fds.data(), fds.size(), -1);
            if (fds[1].revents != 0)
                return;
            eventfd_t count = 0;
            if (eventfd_read(event_, &count) == 0)
                domain.unpinned();
        }
    }

    int event_;
    UniqueFd end_;
    std::thread thread_;
};

} // namespace paravane::hypercall_test
