// SPDX-License-Identifier: Apache-2.0
#include "hypercall/domain/process.hpp"

#include <chrono>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <kj/exception.h>

#include "hypercall/domain/confinement.hpp"
#include "hypercall/host/clock.hpp"
#include "hypercall/host/image.hpp"
#include "hypercall/host/start_pages.hpp"
#include <paravane/layout.h>

namespace paravane {

namespace asio = boost::asio;

namespace {

// More than any honest guest says before it has a driver, and little enough not to fill a disk.
constexpr uint64_t console_bytes_per_second = uint64_t{4} << 20;
constexpr uint64_t console_burst = uint64_t{1} << 20;
constexpr uint64_t console_full_delay = 1000000; // ns

constexpr int supervisor_gone = 1;

timespec timespec_of(uint64_t ns)
{
    return {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)};
}

} // namespace

DomainProcess::DomainProcess(UniqueFd supervisor)
    : channel_(loop_, std::move(supervisor)), console_rate_(console_bytes_per_second, console_burst)
{
}

DomainProcess::~DomainProcess() = default;

int DomainProcess::run()
{
    asio::co_spawn(loop_, serve(), asio::detached);
    loop_.run();
    if (carrier_)
        carrier_->join();
    return status_;
}

asio::awaitable<void> DomainProcess::serve()
{
    for (;;) {
        Result<control::Packet> packet = co_await channel_.receive();
        if (!packet)
            break;
        try {
            handle(*packet);
        } catch (const kj::Exception &) {
            break; // a supervisor that does not keep to the schema is none
        }
    }
    // Nobody is left to tell: the guest goes with its supervisor.
    status_ = supervisor_gone;
    finish();
}

void DomainProcess::handle(control::Packet &packet)
{
    const auto message = packet.root<control::ToDomain>();

    switch (message.which()) {
    case control::ToDomain::START:
        if (Result<void> started = start(message.getStart(), packet); !started) {
            capnp::MallocMessageBuilder answer;
            answer.initRoot<control::FromDomain>().setRefused(started.error().text);
            send(answer);
            status_ = supervisor_gone;
            finish();
        }
        return;
    case control::ToDomain::SHUTDOWN:
        if (domain_)
            domain_->raise_virq(PV_VIRQ_SHUTDOWN);
        return;
    case control::ToDomain::DESTROY:
        finish();
        return;
    case control::ToDomain::BIND_PORT:
        bind_port(message.getBindPort());
        return;
    case control::ToDomain::UNBIND_PORT:
        if (domain_ && message.getUnbindPort().getPort() < PV_PORTS)
            domain_->unbind_host({message.getUnbindPort().getPort()});
        return;
    case control::ToDomain::ATTACH:
        attach({message.getAttach().getBackend()});
        return;
    case control::ToDomain::DETACH:
        detach({message.getDetach().getBackend()});
        return;
    case control::ToDomain::SUSPEND:
        if (domain_)
            domain_->raise_virq(PV_VIRQ_SUSPEND);
        return;
    case control::ToDomain::RESUME:
        // A guest that cannot go on as it was told stays where it is.
        if (domain_)
            (void)domain_->resume(message.getResume().getEpoch());
        return;
    }
}

Result<void> DomainProcess::start(control::Start::Reader wanted, control::Packet &packet)
{
    DomainSettings settings;

    if (domain_)
        return Problem{"this domain has been started"};
    settings.id.value = wanted.getId();
    settings.vcpus = wanted.getVcpus();
    settings.memory = wanted.getMemory();
    settings.arena = wanted.getArena();
    settings.command_line = wanted.getCommandLine();
    const UniqueFd image_file = packet.take_fd(0);
    console_ = packet.take_fd(1);

    Result<std::unique_ptr<Domain>> domain = Domain::create(settings, *this);
    if (!domain)
        return domain.error();
    domain_ = std::move(*domain);
    Result<Image> image = load_image(image_file.get(), wanted.getImageName(), domain_->memory());
    if (!image)
        return image.error();
    Result<std::unique_ptr<Carrier>> carrier = make_carrier(*domain_, wanted.getVehicle());
    if (!carrier)
        return carrier.error();
    carrier_ = std::move(*carrier);
    domain_->set_vehicle(carrier_->vehicle());
    Result<HostEnd> store = domain_->make_store_port();
    if (!store)
        return store.error();
    Result<VcpuStart> first = write_start_pages(*domain_, carrier_->vehicle(), *image);
    if (!first)
        return first.error();

    for (uint32_t vcpu = 0; vcpu < settings.vcpus; vcpu++) {
        UniqueFd timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!timer)
            return system_problem("a timer");
        timers_.push_back(std::make_unique<Descriptor>(loop_, timer.release()));
        asio::co_spawn(loop_, await_timer({vcpu}), asio::detached);
    }
    asio::co_spawn(loop_, keep_time(), asio::detached);
    if (carrier_->descriptor() >= 0)
        asio::co_spawn(loop_, await_loss(dup(carrier_->descriptor())), asio::detached);
    if (Result<void> confined = confine(*carrier_); !confined)
        return confined.error();
    if (Result<void> started = carrier_->start(*image, *first); !started)
        return started.error();
    capnp::MallocMessageBuilder answer;
    answer.initRoot<control::FromDomain>().initStarted().setVehicle(carrier_->kind());
    const std::array fds = {domain_->memory().at({PV_STORE_AREA})->memory.fd(),
                            store->doorbell.get(), store->event.get()};
    send(answer, fds);
    return {};
}

void DomainProcess::bind_port(control::PortRequest::Reader wanted)
{
    capnp::MallocMessageBuilder answer;
    auto bound = answer.initRoot<control::FromDomain>().initBound();

    bound.setSerial(wanted.getSerial());
    if (!domain_ || wanted.getPort() >= PV_PORTS) {
        bound.setProblem("there is no such port");
        send(answer);
        return;
    }
    Result<HostEnd> end = domain_->bind_host({wanted.getPort()}, {wanted.getRemote()});
    if (!end) {
        bound.setProblem(end.error().text);
        send(answer);
        return;
    }
    const std::array fds = {end->doorbell.get(), end->event.get()};
    send(answer, fds);
}

void DomainProcess::attach(BackendNumber backend)
{
    capnp::MallocMessageBuilder answer;
    auto attached = answer.initRoot<control::FromDomain>().initAttached();

    attached.setBackend(backend.value);
    if (!domain_) {
        attached.setProblem("there is no guest yet");
        send(answer);
        return;
    }
    Result<BackendEnd> end = domain_->attach(backend);
    if (!end) {
        attached.setProblem(end.error().text);
        send(answer);
        return;
    }
    attached.setArenaBase(PV_ARENAS);
    const std::array fds = {end->arena.get(), end->table.get(), end->pins.get(),
                            end->unpinned.get()};
    send(answer, fds);
    auto event = std::make_shared<Descriptor>(loop_, end->unpinned.release());
    unpinned_[backend] = event;
    asio::co_spawn(loop_, await_unpins(std::move(event)), asio::detached);
}

void DomainProcess::detach(BackendNumber backend)
{
    const auto found = unpinned_.find(backend);

    if (found == unpinned_.end())
        return;
    found->second->close();
    unpinned_.erase(found);
    domain_->detach(backend);
}

void DomainProcess::send(capnp::MessageBuilder &message, std::span<const int> fds)
{
    // A supervisor that does not read is as good as gone; serve() sees it.
    (void)channel_.send(message, fds);
}

ConsoleAnswer DomainProcess::console(std::string_view text)
{
    // A pipe takes such a piece whole or not at all.
    if (!text.empty() &&
        write(console_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return {errno != EAGAIN, console_full_delay};
    return {true, console_rate_.take(text.size(), clock_now())};
}

void DomainProcess::watch(Port port, int eventfd)
{
    // A descriptor of its own: the loop may still hold it when the port has closed.
    asio::post(loop_, [this, port, fd = dup(eventfd)] {
        auto event = std::make_shared<Descriptor>(loop_, fd);
        watched_[port] = event;
        asio::co_spawn(loop_, listen(port, std::move(event)), asio::detached);
    });
}

void DomainProcess::unwatch(Port port, int /*eventfd*/)
{
    asio::post(loop_, [this, port] {
        const auto found = watched_.find(port);
        if (found == watched_.end())
            return;
        found->second->close();
        watched_.erase(found);
    });
}

asio::awaitable<void> DomainProcess::listen(Port port, std::shared_ptr<Descriptor> event)
{
    for (;;) {
        boost::system::error_code error;
        eventfd_t count = 0;

        co_await event->async_wait(Descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        if (eventfd_read(event->native_handle(), &count) == 0)
            domain_->signalled(port);
    }
}

asio::awaitable<void> DomainProcess::await_unpins(std::shared_ptr<Descriptor> event)
{
    for (;;) {
        boost::system::error_code error;
        eventfd_t count = 0;

        co_await event->async_wait(Descriptor::wait_read,
                                   asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        if (eventfd_read(event->native_handle(), &count) == 0)
            domain_->unpinned();
    }
}

asio::awaitable<void> DomainProcess::await_timer(VcpuId vcpu)
{
    Descriptor &timer = *timers_[vcpu.value];

    for (;;) {
        boost::system::error_code error;
        uint64_t count = 0;

        co_await timer.async_wait(Descriptor::wait_read,
                                  asio::redirect_error(asio::use_awaitable, error));
        if (error)
            co_return;
        if (read(timer.native_handle(), &count, sizeof(count)) == sizeof(count))
            domain_->timer_due(vcpu);
    }
}

asio::awaitable<void> DomainProcess::keep_time()
{
    asio::steady_timer timer(loop_);

    for (;;) {
        timer.expires_after(std::chrono::seconds(1));
        co_await timer.async_wait(asio::use_awaitable);
        domain_->update_clock();
    }
}

// The guest's process has ended by itself.
asio::awaitable<void> DomainProcess::await_loss(int descriptor)
{
    Descriptor process(loop_, descriptor);
    boost::system::error_code error;

    co_await process.async_wait(Descriptor::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (!error)
        domain_->crash(carrier_->why_it_ended());
}

void DomainProcess::set_timer(VcpuId vcpu, uint64_t deadline)
{
    itimerspec when = {};

    when.it_value = timespec_of(deadline);
    (void)timerfd_settime(timers_[vcpu.value]->native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void DomainProcess::ended(uint32_t reason, uint32_t status)
{
    asio::post(loop_, [this, reason, status] {
        capnp::MallocMessageBuilder message;
        auto ended = message.initRoot<control::FromDomain>().initEnded();
        ended.setReason(reason);
        ended.setStatus(status);
        send(message);
        finish();
    });
}

void DomainProcess::overdue(BackendNumber backend)
{
    asio::post(loop_, [this, backend] {
        capnp::MallocMessageBuilder message;
        message.initRoot<control::FromDomain>().setOverdue(backend.value);
        send(message);
    });
}

void DomainProcess::suspended()
{
    asio::post(loop_, [this] {
        capnp::MallocMessageBuilder message;
        message.initRoot<control::FromDomain>().setSuspended();
        send(message);
    });
}

void DomainProcess::finish()
{
    if (domain_)
        domain_->stop();
    loop_.stop();
}

} // namespace paravane
