// SPDX-License-Identifier: Apache-2.0
//
// Counts hypercalls under a rain of upcalls. The first vCPU makes calls each of which leaves a trace that a
// second execution, or none, would change: ports are given out in a row, so the port that the next call
// gets is known; closing a port works once; a line on the console is counted by who reads it. An event to
// oneself has to come, though a second one would not be seen. Meanwhile timers, events of its own and of the
// other vCPUs interrupt it, and others make it stand still between two instructions.
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/memory.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/keel/smp.hpp"

extern "C" {
// Interrupts that came by the shared vector, at any vCPU.
constinit uint64_t keel_storm_upcalls = 0;
extern const char keel_storm_upcall_entry[];
extern const char keel_upcall_entry[];
}

// Counts, and goes on as always. No register is free here.
asm(".text\n"
    ".balign 32\n"
    ".globl keel_storm_upcall_entry\n"
    "keel_storm_upcall_entry:\n"
    "    lock incq keel_storm_upcalls(%rip)\n"
    "    jmp keel_upcall_entry\n");

namespace keel::program {

namespace {

constexpr uint64_t rounds_max = 10'000'000;
constexpr uint32_t batch = 16;           // ports of one multicall
constexpr uint32_t rounds_to_batch = 32; // and how often there is one
constexpr uint32_t rounds_to_line = 16;  // on the console
constexpr uint32_t rounds_to_timer = 4;
constexpr uint64_t timer_delay = 40 * clock::microsecond;
constexpr uint32_t sends_to_standstill = 64;

// What the other vCPUs share with the first.
struct Rain {
    std::atomic<bool> over = false;
    std::atomic<uint64_t> sent = 0;
    std::atomic<int64_t> error = 0; // the first of any
    std::array<Port, PV_VCPUS_MAX> drops{};
    std::byte *page = nullptr; // that changes its protection, for which all vCPUs must stand still
};

struct Counters {
    uint64_t calls = 0;   // those that leave a trace
    uint64_t effects = 0; // traces found as they must be
    uint64_t lines = 0;
    uint64_t echoes = 0; // events to itself that came
    uint64_t drops = 0;  // those of others
};

// The ports as the host must see them.
class PortModel {
  public:
    // Asks the host what is in use; the next that it gives out comes behind `last`.
    explicit PortModel(Port last) : last_(last.value)
    {
        for (uint32_t port = 0; port < PV_PORTS; port++)
            used_[port] = port == 0 || hypercall::event(PV_EVENT_STATUS, port) != PV_PORT_FREE;
    }

    [[nodiscard]] int64_t next()
    {
        do {
            last_ = (last_ + 1) % PV_PORTS;
        } while (used_[last_]);
        used_[last_] = true;
        return last_;
    }
    void close(int64_t port) { used_[static_cast<uint32_t>(port)] = false; }

    // Whether the host agrees: a port too many, or too few?
    [[nodiscard]] bool agrees() const
    {
        for (uint32_t port = 1; port < PV_PORTS; port++) {
            if (used_[port] != (hypercall::event(PV_EVENT_STATUS, port) != PV_PORT_FREE))
                return false;
        }
        return true;
    }

  private:
    uint32_t last_;
    std::array<bool, PV_PORTS> used_{};
};

class Storm {
  public:
    // The last port that was made.
    Storm(Port echo, Counters &counters) : counters_(counters), ports_(echo), echo_(echo) {}

    // False: a trace was not as it must be; it was told.
    [[nodiscard]] bool round(uint64_t number)
    {
        const int64_t wanted = ports_.next();

        if (!is("a new port", hypercall::event(PV_EVENT_ALLOC_UNBOUND, 0), wanted))
            return false;
        if (number % rounds_to_timer == 0)
            (void)hypercall::set_timer(clock::now() + timer_delay);
        if (!is("closing it", hypercall::event(PV_EVENT_CLOSE, static_cast<uint64_t>(wanted)), 0))
            return false;
        ports_.close(wanted);

        const uint64_t echoes = counters_.echoes;
        if (!is("an event to itself", hypercall::send(echo_), 0))
            return false;
        if (counters_.echoes != echoes + 1)
            return tell("events to itself", static_cast<int64_t>(counters_.echoes - echoes), 1);
        return (number % rounds_to_batch != 0 || multicalls()) &&
               (number % rounds_to_line != 0 || line());
    }

    [[nodiscard]] bool agrees() const
    {
        return ports_.agrees() || tell("agreement on the ports", 0, 1);
    }

  private:
    static bool tell(std::string_view what, int64_t result, int64_t wanted)
    {
        print("storm: {}: {}, not {}", what, result, wanted);
        return false;
    }

    bool is(std::string_view what, int64_t result, int64_t wanted)
    {
        counters_.calls++;
        if (result != wanted)
            return tell(what, result, wanted);
        counters_.effects++;
        // The next event interrupts again.
        (void)events::scan();
        return true;
    }

    // Ports, and their end, in two calls.
    bool multicalls()
    {
        std::array<pv_multicall, batch> calls{};
        std::array<int64_t, batch> wanted{};

        for (std::size_t i = 0; i < batch; i++) {
            calls[i].number = pv_le64_of(PV_CALL_EVENT);
            calls[i].argument[0] = pv_le64_of(PV_EVENT_ALLOC_UNBOUND);
            wanted[i] = ports_.next();
        }
        if (!is("a multicall", hypercall::multicall(guest_address_of(calls.data()), batch), batch))
            return false;
        for (std::size_t i = 0; i < batch; i++) {
            if (!is("a new port in a multicall", result_of(calls[i]), wanted[i]))
                return false;
            calls[i].argument[0] = pv_le64_of(PV_EVENT_CLOSE);
            calls[i].argument[1] = pv_le64_of(static_cast<uint64_t>(wanted[i]));
            ports_.close(wanted[i]);
        }
        if (!is("a multicall", hypercall::multicall(guest_address_of(calls.data()), batch), batch))
            return false;
        for (const pv_multicall &call : calls) {
            if (!is("closing in a multicall", result_of(call), 0))
                return false;
        }
        return true;
    }

    static int64_t result_of(const pv_multicall &call)
    {
        return static_cast<int64_t>(pv_le64_get(call.result));
    }

    // Numbered from 0. A host that is busy takes none of it, and says so.
    bool line()
    {
        std::array<char, 16> text = {'s', 't', 'o', 'r', 'm', ' ', '0', '0',
                                     '0', '0', '0', '0', '0', '0', '\n'};
        constexpr std::size_t first_digit = 6;
        constexpr std::size_t bytes = 15;
        uint64_t left = counters_.lines++;

        for (std::size_t digit = bytes - 2; digit >= first_digit; digit--, left /= 10)
            text[digit] = static_cast<char>('0' + left % 10);
        int64_t taken = 0;
        while (taken == 0)
            taken = hypercall::console_io(guest_address_of(text.data()), bytes);
        return is("a line", taken, bytes);
    }

    Counters &counters_; // the handlers of ports count too
    PortModel ports_;
    Port echo_;
};

// A vCPU's rain, until it is over.
void pour(void *on)
{
    auto &rain = *static_cast<Rain *>(on);
    const Port drop = rain.drops[this_vcpu().id];
    const bool protects = start().offers(PV_FEATURE_PROTECT);
    uint64_t sent = 0;
    int64_t error = 0;

    while (!rain.over.load() && error == 0) {
        error = hypercall::send(drop);
        if (error == 0 && protects && ++sent % sends_to_standstill == 0)
            error = hypercall::memory(PV_MEMORY_PROTECT, number_of(rain.page), PageAllocator::page,
                                      PV_PROTECT_READ | PV_PROTECT_WRITE);
        rain.sent++;
    }
    if (error != 0)
        rain.error.store(error);
}

void count(void *counter)
{
    ++*static_cast<uint64_t *>(counter);
}

void take_upcalls_at(const char *entry)
{
    if (start().offers(PV_FEATURE_CALLBACKS))
        (void)hypercall::set_callback(PV_CALLBACK_UPCALL, 0, number_of(entry), 0);
}

bool run_storm(Storm &storm, uint64_t rounds, Rain &rain)
{
    bool good = true;

    take_upcalls_at(keel_storm_upcall_entry);
    for (uint32_t vcpu = 1; vcpu < smp::prepared(); vcpu++)
        smp::start_call(vcpu, {pour, &rain});
    for (uint64_t number = 0; number < rounds && good; number++)
        good = storm.round(number);
    rain.over.store(true);
    for (uint32_t vcpu = 1; vcpu < smp::prepared(); vcpu++) {
        while (!smp::finished(vcpu))
            hypercall::yield();
    }
    take_upcalls_at(keel_upcall_entry);
    (void)hypercall::set_timer(0);
    this_vcpu().timer_set = 0;
    (void)events::scan();
    return good && storm.agrees();
}

} // namespace

uint32_t storm(Words arguments)
{
    uint64_t rounds = 0;
    Rain rain;

    if (arguments.size() != 1 || !parse_number(arguments[0], rounds_max, rounds)) {
        print("storm: give it the number of rounds");
        return status_wrong_usage;
    }
    auto *counters = new Counters;
    rain.page = static_cast<std::byte *>(pages().allocate(0));
    for (uint32_t vcpu = 1; vcpu < smp::prepared(); vcpu++)
        rain.drops[vcpu] = events::bind_ipi(0, {count, &counters->drops}).port;
    const auto echo = events::bind_ipi(0, {count, &counters->echoes});
    if (!echo.good() || rain.page == nullptr) {
        print("storm: the host gives no port, or there is no memory");
        return 1;
    }
    auto *storm = new Storm(echo.port, *counters);
    const bool good = run_storm(*storm, rounds, rain) && rain.error.load() == 0;
    print("storm: {} calls, {} with the trace they must leave, {} lines; {} upcalls taken",
          counters->calls, counters->effects, counters->lines, keel_storm_upcalls);
    print("storm: {} events of its own, {} of {} sent by others; error {}", counters->echoes,
          counters->drops, rain.sent.load(), rain.error.load());
    print("@pv storm {} {} {} {} {}", counters->calls, counters->effects, counters->lines,
          keel_storm_upcalls, counters->echoes + counters->drops);
    return good && counters->calls == counters->effects ? 0 : 1;
}

} // namespace keel::program
