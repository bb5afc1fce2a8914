// SPDX-License-Identifier: Apache-2.0
//
// A disk's process that does as the depth of its queues says: real I/O on the ring that it inherits, a log
// of what it may have begun, and death.
#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include <capnp/message.h>
#include <fcntl.h>
#include <liburing.h>
#include <unistd.h>

#include "backend/blk/log.hpp"
#include "generated/control/backend.capnp.h"
#include "hypercall/control/packet.hpp"
#include "tests/supervisor/disk_behaviour.hpp"

namespace {

using namespace paravane;
using blk::EntryState;

constexpr int supervisor = 3;
constexpr int data_ring = 4;
constexpr std::size_t common_fds = 4;

[[noreturn]] void fail(int status)
{
    std::_Exit(status);
}

void send(capnp::MessageBuilder &message)
{
    if (!control::send_packet(supervisor, message))
        fail(11);
}

void connected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setConnected();
    send(message);
}

void refused(const std::string &why)
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setRefused(why);
    send(message);
}

void disconnected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setDisconnected();
    send(message);
}

// What the process was given.
struct Given {
    blk::Log log;
    UniqueFd medium;
    std::size_t own_fds;
};

// The requests of queue 0, and what was begun for them.
class Work {
  public:
    explicit Work(Given &given) : given_(given)
    {
        io_uring_params params = given.log.header().ring;
        if (io_uring_queue_mmap(data_ring, &params, &ring_) != 0 ||
            io_uring_enable_rings(&ring_) != 0)
            fail(12);
        fifo_ = open(std::getenv(disk_behaviour::fifo), O_RDWR | O_CLOEXEC);
        if (fifo_ < 0)
            fail(13);
    }

    void take(uint32_t id, uint8_t operation, uint32_t sectors)
    {
        blk::Entry &entry = given_.log.entry(0, id);
        entry.request.head.operation = operation;
        entry.request.data.length = pv_le32_of(sectors * PV_BLK_SECTOR);
        entry.order = order_++;
        entry.request_index = id;
        entry.state = EntryState::taken;
        given_.log.queue(0).requests_taken = id + 1;
    }

    io_uring_sqe *begin(uint64_t number)
    {
        io_uring_sqe *const entry = io_uring_get_sqe(&ring_);
        io_uring_prep_nop(entry);
        entry->user_data = number;
        return entry;
    }
    void read(uint64_t number, unsigned int bytes)
    {
        io_uring_sqe *const entry = begin(number);
        io_uring_prep_read(entry, given_.medium.get(), buffer_.data(), bytes, 0);
        entry->user_data = number;
    }
    void sync(uint64_t number)
    {
        io_uring_sqe *const entry = begin(number);
        io_uring_prep_fsync(entry, given_.medium.get(), 0);
        entry->user_data = number;
    }
    // One that does not end before somebody writes there.
    void read_fifo(uint64_t number)
    {
        io_uring_sqe *const entry = begin(number);
        io_uring_prep_read(entry, fifo_, buffer_.data(), PV_BLK_SECTOR, 0);
        entry->user_data = number;
    }
    void fail_to_write(uint64_t number)
    {
        io_uring_sqe *const entry = begin(number);
        io_uring_prep_write(entry, -1, buffer_.data(), PV_BLK_SECTOR, 0);
        entry->user_data = number;
    }

    // Until so many are complete that nobody has reaped.
    void complete(unsigned int count)
    {
        if (io_uring_submit(&ring_) < 0)
            fail(14);
        while (io_uring_cq_ready(&ring_) < count)
            (void)io_uring_get_events(&ring_);
    }
    void reap() { io_uring_cq_advance(&ring_, io_uring_cq_ready(&ring_)); }

  private:
    Given &given_;
    io_uring ring_{};
    int fifo_ = -1;
    uint64_t order_ = 1;
    alignas(4096) std::array<char, 4096> buffer_{};
};

[[noreturn]] void die()
{
    connected();
    (void)raise(SIGKILL);
    fail(15);
}

void wait_on_fifo(Given &given)
{
    Work work(given);
    work.take(0, PV_BLK_READ, 1);
    work.read_fifo(0);
    work.complete(0);
    die();
}

void leave_much(Given &given)
{
    Work work(given);
    const uint64_t nowhere = uint64_t{40} << 16;
    work.take(0, PV_BLK_READ, 1);
    work.read(0, PV_BLK_SECTOR);
    work.complete(1);
    work.reap();
    work.take(1, PV_BLK_READ, 8);
    work.read(1, 4096);
    work.take(2, PV_BLK_READ, 16);
    work.read(2, 4096); // half of it
    work.take(3, PV_BLK_FLUSH, 0);
    work.sync(3);
    work.take(4, PV_BLK_WRITE, 1);
    work.fail_to_write(4);
    work.take(5, PV_BLK_READ, 1);
    work.read_fifo(5);
    work.take(6, PV_BLK_READ, 1); // not begun
    work.take(7, PV_BLK_READ, 8);
    given.log.entry(0, 7).status = -7;
    given.log.entry(0, 7).state = EntryState::answered;
    work.read(7, 4096);
    work.take(8, PV_BLK_READ, 8); // which the guest was not shown
    given.log.queue(0).requests_taken = 8;
    work.read(8, 4096);
    work.read(nowhere, 4096);
    work.read(15 + 1, 4096); // an id past the last
    work.complete(8);
    die();
}

std::string words_of(const blk::Log &log)
{
    static const std::array<std::string, 4> states = {"free", "taken", "done", "answered"};
    std::string words;
    for (uint32_t id = 0; id < 9 && id < log.depth(); id++) {
        const blk::Entry &entry = log.entry(0, id);
        const auto state = static_cast<std::size_t>(entry.state.load());
        words += (id == 0 ? "" : ", ") + states.at(state);
        if (state > 1)
            words += " " + std::to_string(entry.status);
    }
    return words;
}

std::string words_of(const Given &given)
{
    const blk::Header &header = given.log.header();
    const blk::Settings &settings = header.settings;
    return std::to_string(given.own_fds) + " descriptors, medium " +
           std::to_string(static_cast<uint32_t>(settings.medium)) + ", " +
           std::to_string(settings.sectors) + " sectors of " +
           std::to_string(settings.sector_bytes) + ", read only " +
           std::to_string(settings.read_only) + ", serial " + settings.serial.data() + ", " +
           std::to_string(given.log.queues()) + " queues, ring of " +
           std::to_string(header.ring.sq_entries);
}

} // namespace

int main()
{
    Result<control::Packet> packet = control::Packet::receive(supervisor);
    if (!packet || !packet->root<control::ToBackend>().isConnect())
        return 1;
    const auto connect = packet->root<control::ToBackend>().getConnect();
    const uint32_t behaviour = connect.getRings()[0].getSize();
    const std::size_t own = common_fds + std::size_t{2} * connect.getPorts();
    Result<blk::Log> log = blk::Log::adopt(packet->take_fd(own));
    if (!log)
        return 2;
    Given given = {std::move(*log), packet->take_fd(own + 3), packet->fd_count() - own};

    if (behaviour == disk_behaviour::tells) {
        refused(words_of(given));
    } else if (behaviour == disk_behaviour::serves) {
        connected();
    } else if (connect.getResumed()) {
        refused(words_of(given.log));
    } else if (behaviour == disk_behaviour::waits) {
        wait_on_fifo(given);
    } else {
        leave_much(given);
    }
    if (!control::Packet::receive(supervisor))
        return 0;
    disconnected();
    return 0;
}
