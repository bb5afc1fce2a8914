// SPDX-License-Identifier: Apache-2.0
#include "hypercall/domain/carrier.hpp"

#include "hypercall/kvm/vehicle.hpp"
#include "hypercall/process/vehicle.hpp"

namespace paravane {

namespace {

class KvmCarrier final : public Carrier {
  public:
    explicit KvmCarrier(std::unique_ptr<kvm::KvmVehicle> vehicle) : vehicle_(std::move(vehicle)) {}

    [[nodiscard]] control::Vehicle kind() const override { return control::Vehicle::KVM; }
    [[nodiscard]] Vehicle &vehicle() override { return *vehicle_; }
    void begin() override { vehicle_->begin(); }
    [[nodiscard]] Result<void> start(const Image &image, const VcpuStart &start) override
    {
        return vehicle_->start(image, start);
    }
    void join() override { vehicle_->join(); }

  private:
    std::unique_ptr<kvm::KvmVehicle> vehicle_;
};

class ProcessCarrier final : public Carrier {
  public:
    explicit ProcessCarrier(std::unique_ptr<process::ProcessVehicle> vehicle)
        : vehicle_(std::move(vehicle))
    {
    }

    [[nodiscard]] control::Vehicle kind() const override { return control::Vehicle::PROCESS; }
    [[nodiscard]] Vehicle &vehicle() override { return *vehicle_; }
    void begin() override { vehicle_->begin(); }
    [[nodiscard]] Result<void> start(const Image &image, const VcpuStart &start) override
    {
        return vehicle_->start(image, start);
    }
    void join() override { vehicle_->join(); }
    [[nodiscard]] int descriptor() const override { return vehicle_->descriptor(); }
    [[nodiscard]] pid_t pid() const override { return vehicle_->pid(); }
    [[nodiscard]] std::string why_it_ended() override { return vehicle_->why_it_ended(); }

  private:
    std::unique_ptr<process::ProcessVehicle> vehicle_;
};

Result<std::unique_ptr<Carrier>> make_process(Domain &domain)
{
    Result<std::unique_ptr<process::ProcessVehicle>> vehicle =
        process::ProcessVehicle::create(domain);
    if (!vehicle)
        return vehicle.error();
    return std::unique_ptr<Carrier>(std::make_unique<ProcessCarrier>(std::move(*vehicle)));
}

} // namespace

Result<std::unique_ptr<Carrier>> make_carrier(Domain &domain, control::Vehicle wanted)
{
    if (wanted == control::Vehicle::PROCESS)
        return make_process(domain);
    Result<std::unique_ptr<kvm::KvmVehicle>> vehicle = kvm::KvmVehicle::create(domain);
    if (vehicle)
        return std::unique_ptr<Carrier>(std::make_unique<KvmCarrier>(std::move(*vehicle)));
    if (wanted == control::Vehicle::AUTO)
        return make_process(domain);
    return Problem{vehicle.error().text + "; --vehicle process needs no KVM"};
}

} // namespace paravane
