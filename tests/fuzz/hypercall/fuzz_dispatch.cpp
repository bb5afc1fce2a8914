// SPDX-License-Identifier: Apache-2.0
//
// A guest of two vCPUs that calls anything with anything, while its host binds, signals and leaves, and
// backends pin its grants.
// make_corpus knows this script's bytes.
#include <array>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "hypercall/host/domain.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/hypercall/fake_host.hpp"
#include "tests/hypercall/fake_vehicle.hpp"
#include "verdict.hpp"
#include <paravane/layout.h>

namespace paravane::fuzz {
namespace {

using hypercall_test::FakeHost;
using hypercall_test::FakeVehicle;

constexpr uint32_t vcpus = 2;
constexpr uint64_t ram_bytes = uint64_t{4} << 20;
constexpr DomainId self{7};
constexpr DomainId other{9};
constexpr uint64_t scratch = 0x2000;
constexpr uint64_t arena_bytes = uint64_t{64} << 10;
constexpr uint32_t backends = 4;

// An argument is one byte: a small number, or from here on one of these.
constexpr uint32_t first_edge = 0xc0;
constexpr std::array<uint64_t, 50> edges = {0xffff,
                                            0x10000,
                                            UINT32_MAX,
                                            uint64_t{1} << 32,
                                            (uint64_t{1} << 32) + 1,
                                            INT64_MAX,
                                            uint64_t{1} << 63,
                                            UINT64_MAX,
                                            UINT64_MAX - 7,
                                            UINT64_MAX - 4095,
                                            PV_PORTS - 1,
                                            PV_PORTS,
                                            PV_POLL_PORTS_MAX,
                                            PV_POLL_PORTS_MAX + 1,
                                            PV_CONSOLE_IO_MAX + 1,
                                            0x1000,
                                            scratch,
                                            scratch + 0x40,
                                            0x3000,
                                            ram_bytes - 0x1000,
                                            ram_bytes - 64,
                                            ram_bytes - 1,
                                            ram_bytes,
                                            ram_bytes + 1,
                                            uint64_t{1} << 30,
                                            (uint64_t{1} << 30) + 0x1000,
                                            PV_HOST_PAGES - 1,
                                            PV_HOST_PAGES,
                                            PV_START_INFO,
                                            PV_COMMAND_LINE,
                                            PV_HOST_PAGES + PV_HOST_PAGES_SIZE - 8,
                                            PV_EVENT_AREA,
                                            PV_EVENT_AREA + 4096,
                                            PV_EVENT_AREA + sizeof(pv_event_area) - 64,
                                            PV_STORE_AREA,
                                            PV_GRANT_TABLE,
                                            PV_DOORBELLS,
                                            PV_SYSTEM_PAGES,
                                            PV_GUEST_VIRTUAL_BASE,
                                            PV_GUEST_VIRTUAL_BASE + scratch,
                                            PV_GUEST_VIRTUAL_BASE + PV_HOST_PAGES,
                                            PV_GUEST_VIRTUAL_BASE + PV_SYSTEM_PAGES,
                                            uint64_t{1} << 47,
                                            PV_ARENAS,
                                            PV_ARENAS / PV_PAGE_SIZE,
                                            PV_ARENAS + arena_bytes - 1,
                                            PV_GRANT_ENTRIES,
                                            self.value | PV_GRANT_VALID | PV_GRANT_WRITABLE,
                                            self.value | PV_GRANT_VALID,
                                            PV_GRANT_COPY_BYTES_MAX + 1};
constexpr uint32_t any_bits = 0xff; // eight more bytes

// What a supervisor hears: neither is the end.
struct Order {
    bool suspended = false;
    std::optional<BackendNumber> overdue;
};

class SupervisedHost final : public FakeHost {
  public:
    void overdue(BackendNumber backend) override
    {
        FakeHost::overdue(backend);
        tell({false, backend});
    }
    void suspended() override
    {
        FakeHost::suspended();
        tell({true, std::nullopt});
    }
    void tell(const Order &order)
    {
        const std::lock_guard guard(lock_);
        orders_.push_back(order);
        told_.notify_all();
    }
    [[nodiscard]] Order next_order()
    {
        std::unique_lock guard(lock_);
        told_.wait(guard, [this] { return !orders_.empty(); });
        const Order order = orders_.front();
        orders_.pop_front();
        return order;
    }

  private:
    std::mutex lock_;
    std::condition_variable told_;
    std::deque<Order> orders_;
};

uint64_t argument(Input &input)
{
    const uint32_t byte = input.byte();
    if (byte < first_edge)
        return byte;
    if (byte == any_bits)
        return input.word() | uint64_t{input.word()} << 32;
    return edges[(byte - first_edge) % edges.size()];
}

std::vector<Goal> reached = [] {
    std::vector<Goal> all;
    constexpr std::array names = {"version",      "console_io", "sched", "event",
                                  "grant",        "memory",     "vcpu",  "set_timer",
                                  "set_callback", "multicall"};
    all.reserve(names.size());
    for (const char *name : names)
        all.push_back({name});
    for (const char *what :
         {"unknown number", "EINVAL",       "EFAULT",       "ENOSYS",          "EPERM",
          "ENOENT",         "EBUSY",        "EEXIST",       "ESRCH",           "ETIME",
          "EACCES",         "upcall",       "doorbell",     "direct event",    "host bound",
          "guest ended",    "grant mapped", "grant copied", "backend overdue", "suspended"})
        all.push_back({what});
    return all;
}();

void reach(const std::string &what, bool there = true)
{
    for (Goal &goal : reached)
        goal.times += there && goal.what == what;
}

void reach_error(int64_t result)
{
    constexpr std::array<std::pair<int, const char *>, 10> errors = {{{PV_EINVAL, "EINVAL"},
                                                                      {PV_EFAULT, "EFAULT"},
                                                                      {PV_ENOSYS, "ENOSYS"},
                                                                      {PV_EPERM, "EPERM"},
                                                                      {PV_ENOENT, "ENOENT"},
                                                                      {PV_EBUSY, "EBUSY"},
                                                                      {PV_EEXIST, "EEXIST"},
                                                                      {PV_ESRCH, "ESRCH"},
                                                                      {PV_ETIME, "ETIME"},
                                                                      {PV_EACCES, "EACCES"}}};
    for (const auto &[number, name] : errors)
        reach(name, result == -number);
}

// Does at once, on a thread of its own, what a sleeping guest waits for: detaches who is overdue, and
// resumes. So every call ends.
class Supervisor {
  public:
    Supervisor(Domain &domain, SupervisedHost &host)
        : host_(host), thread_([this, &domain] { run(domain); })
    {
    }
    Supervisor(const Supervisor &) = delete;
    Supervisor &operator=(const Supervisor &) = delete;
    ~Supervisor()
    {
        host_.tell({});
        thread_.join();
    }

  private:
    void run(Domain &domain)
    {
        for (;;) {
            const Order order = host_.next_order();
            if (order.suspended)
                require(domain.resume(domain.epoch() + 1).has_value(), "a guest is resumed");
            else if (order.overdue)
                domain.detach(*order.overdue);
            else
                return;
        }
    }

    SupervisedHost &host_;
    std::thread thread_;
};

class World {
  public:
    explicit World(uint32_t options) : vehicle_(vcpus)
    {
        Result<std::unique_ptr<Domain>> made =
            Domain::create({self, vcpus, ram_bytes, "quiet", arena_bytes}, host_);
        require(made.has_value(), "a domain is made");
        domain_ = std::move(*made);
        vehicle_.has_doorbells = (options & 1) == 0;
        vehicle_.direct_result = (options & 2) == 0 ? 0 : -PV_ENOSPC;
        host_.answer.taken = (options & 4) == 0;
        domain_->set_vehicle(vehicle_);
        if ((options & 8) == 0)
            return;
        store_ = domain_->make_store_port();
        require(store_->has_value(), "the store's port is made");
    }

    void run(Input &input)
    {
        while (!input.at_end()) {
            const uint32_t action = input.byte();
            const uint32_t vcpu = action >> 3 & 1;
            switch (action & 7) {
            case 5:
                host_acts(input, action >> 4);
                break;
            case 6:
                put_multicall(input, action >> 4);
                break;
            case 7:
                put_word(input);
                break;
            default:
                call({vcpu}, input);
            }
            require(vehicle_.violations == 0, "the vehicle is asked what it may be");
            require(host_.violations == 0, "the host is asked what it may be");
            vehicle_.upcalls.clear();
            vehicle_.mappings.clear();
            host_.texts.clear();
        }
    }

    // What the guest took, it gives back.
    void reset(std::size_t descriptors)
    {
        if (!host_.ends.empty())
            return;
        require(domain_->call({0}, {PV_CALL_EVENT, {PV_EVENT_RESET}}).result == 0, "reset is done");
        ends_.clear();
        for (uint32_t number = 0; number < backends; number++)
            domain_->detach({number});
        pins_.clear();
        const std::size_t kept = store_ ? 1 : 0;
        require(host_.watched.size() + vehicle_.directs.size() == kept,
                "no port is listened to but the store's");
        require(vehicle_.doorbells.size() <= kept, "no doorbell stays but the store's");
        require(open_descriptors() == descriptors, "no descriptor stays");
    }

  private:
    void call(VcpuId vcpu, Input &input)
    {
        Call one;
        one.number = argument(input);
        for (uint64_t &value : one.argument)
            value = argument(input);
        // Nobody else would ever wake it.
        if (one.number == PV_CALL_SCHED && one.argument[0] == PV_SCHED_POLL)
            one.argument[3] = 1;
        const bool revokes = one.number == PV_CALL_GRANT && one.argument[0] == PV_GRANT_REVOKE;
        if (revokes)
            one.argument[2] = 0;
        const bool ended = !host_.ends.empty();
        std::optional<Supervisor> supervisor;
        if (revokes || (one.number == PV_CALL_SCHED && one.argument[0] == PV_SCHED_SUSPEND))
            supervisor.emplace(*domain_, host_);
        const Outcome outcome = domain_->call(vcpu, one);
        supervisor.reset();
        forget_overdue();
        if (revokes && outcome.result == 0 && !ended)
            check_unpinned({static_cast<uint32_t>(one.argument[1])});
        require(vehicle_.holds == vehicle_.releases, "all vCPUs go on");

        require(outcome.result >= -4095, "results are numbers or errors");
        require(!ended || outcome.after == After::ended, "a guest that has ended stays so");
        require(host_.ends.size() <= 1 && vehicle_.stops == host_.ends.size(), "it ends once");
        if (one.number < PV_CALLS && outcome.result >= 0)
            reached[one.number].times++;
        if (one.number == PV_CALL_GRANT && outcome.result > 0) {
            reach("grant mapped", one.argument[0] == PV_GRANT_MAP);
            reach("grant copied", one.argument[0] == PV_GRANT_COPY);
        }
        reach("suspended", one.number == PV_CALL_SCHED && one.argument[0] == PV_SCHED_SUSPEND &&
                               outcome.result > 1);
        reach("unknown number", one.number >= PV_CALLS);
        reach("upcall", !vehicle_.upcalls.empty());
        reach("doorbell", !vehicle_.doorbells.empty());
        reach("direct event", !vehicle_.directs.empty());
        reach("guest ended", outcome.after == After::ended);
        reach_error(outcome.result);
    }

    // The supervisor has detached them: their processes are gone.
    void forget_overdue()
    {
        for (const BackendNumber backend : host_.late) {
            pins_.erase(backend);
            reach("backend overdue");
        }
        host_.late.clear();
    }

    void check_unpinned(GrantId grant) const
    {
        for (const auto &[number, pins] : pins_)
            require(pins.count(grant) == 0, "what is revoked is not pinned");
    }

    void backend_acts(uint32_t what, uint32_t byte)
    {
        const BackendNumber number = {byte % backends};
        const GrantId grant = {1 + byte / backends % 8};
        const auto found = pins_.find(number);
        if (what == 6) {
            Result<BackendEnd> end = domain_->attach(number);
            require(end.has_value() == (found == pins_.end()), "a number is attached once");
            if (!end)
                return;
            Result<BackendPins> pins =
                BackendPins::adopt(std::move(end->pins), std::move(end->unpinned));
            require(pins.has_value(), "a backend can pin");
            pins_.emplace(number, std::move(pins.value()));
        } else if (what == 7) {
            domain_->detach(number);
            pins_.erase(number);
        } else if (found != pins_.end()) {
            // More unpins than pins are a backend's that was taken over.
            what == 8 ? found->second.pin(grant) : found->second.unpin(grant);
        }
    }

    // As an honest guest would, but for its values.
    void put_entry(Input &input, uint32_t byte) const
    {
        pv_grant_entry entry = {};
        entry.word = pv_le32_of(static_cast<uint32_t>(argument(input)));
        entry.frames = pv_le32_of(input.byte());
        entry.first_frame = pv_le64_of(argument(input));
        (void)domain_->memory().write({PV_GRANT_TABLE + byte % 16 * sizeof(entry)}, entry);
    }

    void host_acts(Input &input, uint32_t what)
    {
        const Port port = {input.byte()};
        switch (what % 12) {
        case 0:
            if (Result<HostEnd> end = domain_->bind_host(port, other)) {
                ends_.push_back(std::move(*end));
                reach("host bound");
            }
            return;
        case 1:
            // The store stays for as long as the guest.
            if (port != domain_->store_port())
                domain_->unbind_host(port);
            return;
        case 2:
            domain_->signalled(port);
            return;
        case 3:
            domain_->timer_due({port.value % vcpus});
            return;
        case 4:
            domain_->raise_virq(port.value % PV_VIRQS);
            return;
        case 6:
        case 7:
        case 8:
        case 9:
            backend_acts(what % 12, port.value);
            return;
        case 10:
            put_entry(input, port.value);
            return;
        default:
            domain_->update_clock();
        }
    }

    void put_multicall(Input &input, uint32_t index) const
    {
        pv_multicall entry = {};
        entry.number = pv_le64_of(argument(input));
        for (pv_le64 &value : entry.argument)
            value = pv_le64_of(argument(input));
        (void)domain_->memory().write({scratch + index * sizeof(entry)}, entry);
    }

    void put_word(Input &input) const
    {
        const GuestAddress at = {argument(input)};
        (void)domain_->memory().write(at, pv_le64_of(argument(input)));
    }

    SupervisedHost host_;
    FakeVehicle vehicle_;
    std::unique_ptr<Domain> domain_;
    std::optional<Result<HostEnd>> store_;
    std::map<BackendNumber, BackendPins> pins_;
    std::vector<HostEnd> ends_;
};

} // namespace

const std::vector<Goal> &goals()
{
    return reached;
}

} // namespace paravane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    using namespace paravane::fuzz;
    Input input(data, size);
    const std::size_t before = open_descriptors();
    {
        World world(input.byte());
        const std::size_t inside = open_descriptors();
        world.run(input);
        world.reset(inside);
    }
    require(open_descriptors() == before, "a domain takes its descriptors along");
    return 0;
}
