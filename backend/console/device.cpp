// SPDX-License-Identifier: Apache-2.0
#include "backend/console/device.hpp"

#include <array>

#include <poll.h>

#include "backend/console/log.hpp"
#include "backend/console/offer.hpp"
#include "hypercall/host/clock.hpp"

namespace paravane::console {

namespace {

// The console's own descriptors, in their order.
enum OwnFd : std::size_t { log_fd, output_fd, input_fd, own_fds };

constexpr LoopFile doorbell{0};
constexpr LoopFile event{1};
constexpr LoopFile supervisor{2};
constexpr LoopFile output_pipe{3};
constexpr LoopFile input_pipe{4};

enum Token : LoopToken { nobody, rang, supervisor_spoke, output_written, input_read };

struct Stream {
    Pinned place;
    std::string refusal; // empty: it is pinned
};

Stream pin(GrantedMemory &memory, const RingPlace &ring)
{
    const uint64_t bytes = uint64_t{ring.size} + sizeof(pv_ring_control);
    PinResult pinned =
        memory.pin({ring.grant, ring.offset, bytes}, GrantAccess::write, PV_RING_LINE);
    if (!pinned)
        return {{}, name_of(pinned.error())};
    return {std::move(*pinned), {}};
}

} // namespace

DeviceShape shape()
{
    return {.offer = offer,
            .rings_min = PV_CONSOLE_RINGS_MIN,
            .rings_max = PV_CONSOLE_RINGS_MIN,
            .ports_min = PV_CONSOLE_PORTS,
            .ports_max = PV_CONSOLE_PORTS,
            .descriptors_min = own_fds,
            .descriptors_max = own_fds};
}

Device::Device(Control control, Connection connection, SharedMemory log, std::unique_ptr<Loop> loop)
    : control_(std::move(control)), connection_(std::move(connection)), log_(std::move(log)),
      loop_(std::move(loop))
{
}

Result<std::unique_ptr<Device>> Device::make(Control control, Connection connection)
{
    std::error_code error;
    SharedMemory log = SharedMemory::adopt(connection.descriptors[log_fd].release(), error);
    if (error || log.size() < sizeof(Log))
        return Problem{"the log: " + (error ? error.message() : "it is too small")};
    const std::array files = {connection.ports[0].doorbell.get(), connection.ports[0].event.get(),
                              control.descriptor(), connection.descriptors[output_fd].get(),
                              connection.descriptors[input_fd].get()};
    Result<std::unique_ptr<Loop>> loop = Loop::make(files);
    if (!loop)
        return loop.error();
    return std::unique_ptr<Device>(
        new Device(std::move(control), std::move(connection), std::move(log), std::move(*loop)));
}

bool Device::attach()
{
    const RingPlace &from_guest = connection_.rings[PV_CONSOLE_OUTPUT];
    const RingPlace &to_guest = connection_.rings[PV_CONSOLE_INPUT];
    Stream output = pin(*connection_.memory, from_guest);
    Stream input = pin(*connection_.memory, to_guest);
    if (!output.refusal.empty() || !input.refusal.empty()) {
        refuse(output.refusal.empty() ? "input ring: " + input.refusal
                                      : "output ring: " + output.refusal);
        return false;
    }
    output_place_ = std::move(output.place);
    input_place_ = std::move(input.place);

    const uint32_t taken = connection_.resumed ? output_taken(log_) : 0;
    const uint32_t shown = connection_.resumed ? input_shown(log_) : 0;
    pv_stream_reader reader{};
    pv_stream_writer writer{};
    pv_rule rule = pv_stream_reader_attach(&reader, output_place_.place(), output_place_.bytes(),
                                           from_guest.size, taken, &violations_);
    if (rule == PV_RULE_KEPT)
        rule = pv_stream_writer_attach(&writer, input_place_.place(), input_place_.bytes(),
                                       to_guest.size, shown, &violations_);
    if (rule != PV_RULE_KEPT) {
        refuse(pv_rule_name(rule));
        return false;
    }
    output_ = std::make_unique<Output>(*loop_, output_pipe, output_written, reader);
    input_ = std::make_unique<Input>(*loop_, input_pipe, input_read, writer, log_);
    return true;
}

Result<void> Device::run()
{
    if (!attach())
        return {};
    control_.say_connected();
    loop_->await_event(doorbell, rang);
    loop_->await(supervisor, POLLIN, supervisor_spoke);
    // The guest may sleep on what an earlier process was to tell it.
    loop_->signal(event);
    return serve();
}

Result<void> Device::serve()
{
    while (!ended_) {
        const bool output_notifies = output_->move(clock_now());
        const bool input_notifies = input_->move();
        if (output_notifies || input_notifies)
            loop_->signal(event);
        if (const char *rule = broken_rule()) {
            refuse(rule);
            break;
        }
        if (output_->drained()) {
            // What was given back is told before the end is.
            if (Result<void> flushed = loop_->flush(); !flushed)
                return flushed;
            control_.say_disconnected();
            break;
        }
        if (Result<void> waited = loop_->wait(output_->deadline()); !waited)
            return waited;
        while (const auto completion = loop_->next()) {
            if (Result<void> handled = handle(*completion); !handled)
                return handled;
        }
    }
    return {};
}

Result<void> Device::handle(const Completion &completion)
{
    switch (completion.token) {
    case rang:
        loop_->await_event(doorbell, rang);
        return {};
    case supervisor_spoke:
        hear_supervisor();
        return {};
    case output_written:
        return output_->completed(completion.result);
    case input_read:
        input_->completed(completion.result);
        return {};
    default:
        return {};
    }
}

void Device::hear_supervisor()
{
    switch (control_.receive()) {
    case Control::Word::gone:
        ended_ = true;
        return;
    case Control::Word::disconnect:
        output_->drain();
        break;
    case Control::Word::none:
        break;
    }
    loop_->await(supervisor, POLLIN, supervisor_spoke);
}

void Device::refuse(const std::string &why)
{
    control_.say_refused(why);
}

const char *Device::broken_rule() const
{
    pv_rule rule = output_->refused();
    if (rule == PV_RULE_KEPT)
        rule = input_->refused();
    return rule == PV_RULE_KEPT ? nullptr : pv_rule_name(rule);
}

} // namespace paravane::console
