// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/console/device.hpp"

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/events.hpp"

namespace keel::console {

namespace {

// So many before the loop sees to all else, of a host that always has more to say.
constexpr int turns_max = 64;

void add_stream(device::Plan &plan, uint32_t bytes)
{
    plan.add_ring(bytes, sizeof(pv_ring_control) + bytes);
}

} // namespace

Console::Console(const Reader &reader, const pv_device_offer &offer)
    : reader_(reader),
      later_([](void *console) { static_cast<Console *>(console)->serve(); }, this),
      device_("console", 0, offer, *this)
{
}

device::Plan Console::plan(const pv_device_terms &terms)
{
    constexpr uint32_t events = 8;
    device::Plan plan;

    add_stream(plan, Output::ring_bytes);
    add_stream(plan, Input::ring_bytes);
    // A program may have agreed on them to see that it can; they are left where they lie.
    if ((terms.features & PV_CONSOLE_FEATURE_EVENTS) != 0)
        plan.add_ring(events, pv_ring_bytes({events, sizeof(pv_console_event)}));
    plan.set_ports(PV_CONSOLE_PORTS);
    return plan;
}

void Console::start(const device::Connection &connection)
{
    const device::Ring &out = connection.rings[PV_CONSOLE_OUTPUT];
    const device::Ring &in = connection.rings[PV_CONSOLE_INPUT];

    port_ = connection.ports[0];
    if (output_.attach(out.memory, out.bytes, out.size) != PV_RULE_KEPT ||
        input_.attach(in.memory, in.bytes, in.size) != PV_RULE_KEPT)
        return give_up("its own rings are not well made");
    events::handle(port_, {[](void *console) { static_cast<Console *>(console)->serve(); }, this});
    notify();
    serve();
}

void Console::stop()
{
    port_ = {};
    output_.detach();
    input_.detach();
    // What was in the ring is the reader's, connected or not.
    this_vcpu().timers.arm(later_, clock::now());
}

void Console::notify() const
{
    if (port_.value != 0)
        (void)hypercall::send(port_);
}

std::size_t Console::write(std::string_view text)
{
    const std::size_t taken = output_.write(text);

    serve();
    return taken;
}

void Console::read_on()
{
    serve();
}

// A reader may write, and ask for more, while it is offered something.
void Console::serve()
{
    int turns = 0;

    if (serving_)
        return this_vcpu().timers.arm(later_, clock::now());
    serving_ = true;
    while (turns < turns_max && turn())
        turns++;
    serving_ = false;
    if (turns == turns_max)
        this_vcpu().timers.arm(later_, clock::now());
}

// True: there may be more to do at once.
bool Console::turn()
{
    const bool read = input_.offer(reader_);

    if (port_.value == 0)
        return read;
    const bool moved = move();
    if (!usable())
        return read;
    if (moved || read)
        return true;
    const bool output_sleeps = output_.arm();
    const bool input_sleeps = input_.arm();
    return usable() && !(output_sleeps && input_sleeps);
}

bool Console::move()
{
    const bool sent = output_.move();
    const bool received = input_.move();
    const bool asked = output_.publish();

    if (input_.release() || asked)
        notify();
    return sent || received;
}

bool Console::usable()
{
    const bool over = output_.closed() || input_.ended();

    if (!output_.refused().empty())
        give_up(output_.refused());
    else if (!input_.refused().empty())
        give_up(input_.refused());
    else if (over)
        give_up("it has closed a ring");
    return port_.value != 0;
}

// The rings stay as they are until stop() looks at them; nothing goes there any more.
void Console::give_up(std::string_view why)
{
    if (device_.connected())
        print("console: the backend is left: {}", why);
    port_ = {};
    device_.reopen();
}

} // namespace keel::console
