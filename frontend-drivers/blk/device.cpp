// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/blk/device.hpp"

#include "frontend-drivers/device/wiring.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/events.hpp"
#include "frontend-drivers/keel/smp.hpp"

namespace keel::blk {

namespace {

pv_device_offer offer_for(const Options &options)
{
    return {PV_BLK_VERSION, PV_BLK_VERSION,
            options.indirect ? PV_BLK_FEATURES : PV_BLK_FEATURES & ~PV_BLK_FEATURE_INDIRECT};
}

uint64_t request_ring_bytes(uint32_t depth)
{
    return pv_ring_bytes({depth, sizeof(pv_blk_request)});
}

uint64_t response_ring_bytes(uint32_t depth)
{
    return pv_ring_bytes({depth, sizeof(pv_blk_response)});
}

} // namespace

Disk::Disk(uint32_t number, const Options &options)
    : number_(number), options_(options), device_("blk", number, offer_for(options), *this)
{
    const auto bound = events::bind_ipi(
        this_vcpu().id, {[](void *disk) { static_cast<Disk *>(disk)->on_trouble(); }, this});

    if (!bound.good())
        print("blk {}: no port to tell of trouble: error {}", number_, bound.error);
    trouble_ = bound.port;
}

Disk::~Disk()
{
    if (trouble_.value != 0)
        (void)events::close(trouble_);
}

bool Disk::learn(device::Properties &properties)
{
    if (device_.connected()) {
        uint64_t sectors = 0;

        if (!properties.number(PV_BLK_SECTORS, Geometry::sectors_max, sectors))
            return false;
        if (sectors == sectors_.load(std::memory_order_relaxed) && told_)
            return true;
        geometry_.sectors = sectors;
        sectors_.store(sectors, std::memory_order_relaxed);
        properties.tell(PV_BLK_SECTORS_SEEN, sectors);
        told_ = true;
        return true;
    }
    if (!read_geometry(properties, geometry_))
        return false;
    sectors_.store(geometry_.sectors, std::memory_order_relaxed);
    told_ = false;
    const Shape shape =
        shape_for(geometry_, options_.queues, options_.depth, keel::smp::prepared());
    if (queues_ == 0)
        shape_ = shape;
    return shape.queues >= shape_.queues && shape.depth >= shape_.depth;
}

device::Plan Disk::plan(const pv_device_terms & /*terms*/)
{
    device::Plan plan;

    for (uint32_t queue = 0; queue < shape_.queues; queue++) {
        plan.add_ring(shape_.depth, request_ring_bytes(shape_.depth));
        plan.add_ring(shape_.depth, response_ring_bytes(shape_.depth));
    }
    plan.set_ports(shape_.queues);
    return plan;
}

void Disk::make_channels()
{
    for (uint32_t number = 0; number < shape_.queues; number++) {
        channels_[number] =
            std::make_unique<Channel>(shape_.depth, number % keel::smp::prepared(), trouble_);
        if (!options_.indirect)
            continue;
        tables_[number] = GrantedMemory(shape_.depth, device::Wiring::host, Access::read);
        if (tables_[number].good())
            channels_[number]->queue().set_tables(tables_[number].memory(), tables_[number].ref());
        else
            print("blk {}: no memory left for tables of segments", number_);
    }
    queues_ = shape_.queues;
}

void Disk::start(const device::Connection &connection)
{
    if (queues_ == 0)
        make_channels();
    for (uint32_t number = 0; number < queues_; number++) {
        const std::size_t ring = std::size_t{2} * number;
        const device::Ring &requests = connection.rings[ring];
        const device::Ring &responses = connection.rings[ring + 1];

        channels_[number]->connect({requests.memory, requests.bytes},
                                   {responses.memory, responses.bytes}, connection.terms.features,
                                   connection.ports[number]);
    }
}

void Disk::stop()
{
    for (uint32_t number = 0; number < queues_; number++)
        channels_[number]->disconnect();
}

// The rings stay as they are until stop() looks at them.
void Disk::on_trouble()
{
    if (!device_.connected())
        return;
    for (uint32_t number = 0; number < queues_; number++) {
        if (const char *why = channels_[number]->trouble(); why != nullptr)
            print("blk {}: the backend is left: queue {}: {}", number_, number, why);
    }
    device_.reopen();
}

} // namespace keel::blk
