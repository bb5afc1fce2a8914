// SPDX-License-Identifier: Apache-2.0
//
// Those parts of a device's life that are talks with the store.
#include "frontend-drivers/device/device.hpp"
#include "frontend-drivers/store/transact.hpp"

namespace keel::device {

namespace {

// The offer has changed since it was read.
constexpr store::Error error_changed = PV_EBUSY;

class StoredProperties final : public Properties {
  public:
    StoredProperties(Directory &own, Directory &backend) : own_(own), backend_(backend) {}
    ~StoredProperties() = default;

    [[nodiscard]] bool number(std::string_view name, uint64_t most, uint64_t &value) override
    {
        std::array<char, PV_DEVICE_VALUE_MAX> room{};
        const auto text = store::client().read(backend_.key(name), room);
        uint64_t read = 0;

        if (!text.good() || !parse_value(text.value, most, read))
            return false;
        value = read;
        return true;
    }

    void tell(std::string_view name, uint64_t value) override
    {
        std::array<char, PV_DEVICE_VALUE_MAX> room{};
        Writer text(room);

        format(text, "{}", value);
        (void)store::client().write(own_.key(name), text.text());
    }

  private:
    Directory &own_;
    Directory &backend_;
};

} // namespace

bool Device::learn()
{
    StoredProperties properties(own_, backend_);

    return driver_.learn(properties);
}

bool Device::read_number(std::string_view path, store::Transaction transaction, uint64_t most,
                         uint64_t &number)
{
    std::array<char, PV_DEVICE_VALUE_MAX> room{};
    const auto value = store::client().read(path, room, transaction);

    return value.good() && parse_value(value.value, most, number);
}

bool Device::find_backend()
{
    store::Client &client = store::client();
    std::array<char, PV_STORE_PATH_MAX> room{};

    if (!watching_)
        watching_ = client.watch(own_watch_, own_.key(PV_DEVICE_BACKEND)) == 0;
    const auto path = client.read(own_.key(PV_DEVICE_BACKEND), room);
    present_ = path.good();
    if (!present_ || path.value == backend_.path())
        return present_;
    unwatch(backend_watch_);
    watching_backend_ = false;
    present_ = backend_.set(path.value);
    if (present_)
        watch_backend();
    return present_;
}

void Device::watch_backend()
{
    watching_backend_ = store::client().watch(backend_watch_, backend_.path()) == 0;
}

Backend Device::read_backend()
{
    Backend backend;

    if (!watching_backend_)
        watch_backend();
    if (!read_number(backend_.key(PV_DEVICE_STATE), {}, PV_DEVICE_STATES - 1, backend.state) ||
        !read_number(backend_.key(PV_DEVICE_EPOCH), {}, UINT64_MAX, backend.epoch))
        return {};
    return backend;
}

bool Device::read_offer(store::Transaction transaction, pv_device_offer &offer, uint64_t &epoch)
{
    store::Client &client = store::client();
    std::array<std::array<char, PV_DEVICE_VALUE_MAX>, 3> room{};

    const auto oldest = client.read(backend_.key(PV_DEVICE_VERSION_MIN), room[0], transaction);
    const auto newest = client.read(backend_.key(PV_DEVICE_VERSION), room[1], transaction);
    const auto features = client.read(backend_.key(PV_DEVICE_FEATURES), room[2], transaction);
    return oldest.good() && newest.good() && features.good() &&
           parse_offer({oldest.value, newest.value, features.value}, offer) &&
           read_number(backend_.key(PV_DEVICE_EPOCH), transaction, UINT64_MAX, epoch);
}

// What was agreed on is worth something only while the offer stands.
store::Error Device::tell(store::Transaction transaction)
{
    store::Client &client = store::client();
    uint64_t state = 0;
    uint64_t epoch = 0;
    const auto write = [&](std::string_view name, uint64_t value) {
        std::array<char, PV_DEVICE_VALUE_MAX> room{};
        Writer text(room);

        format(text, "{}", value);
        return client.write(own_.key(name), text.text(), transaction);
    };

    if (!read_number(backend_.key(PV_DEVICE_STATE), transaction, UINT64_MAX, state) ||
        !read_number(backend_.key(PV_DEVICE_EPOCH), transaction, UINT64_MAX, epoch) ||
        state != PV_DEVICE_INIT_WAIT || epoch != epoch_)
        return error_changed;
    store::Error error = write(PV_DEVICE_VERSION, terms_.version);
    if (error == 0)
        error = write(PV_DEVICE_FEATURES, terms_.features);
    if (error == 0)
        error = write(PV_DEVICE_EPOCH, epoch_);
    if (error == 0)
        error = wiring_.tell(client, own_, transaction);
    if (error == 0)
        error = write(PV_DEVICE_STATE, PV_DEVICE_INITIALISED);
    return error;
}

bool Device::connect()
{
    pv_device_offer offer = {};

    if (!read_offer({}, offer, epoch_)) {
        fail("the backend's offer is not to be understood");
        return true;
    }
    if (!pv_device_agree(&offer_, &offer, &terms_)) {
        fail("there is no version that both speak");
        return true;
    }
    if (!learn()) {
        fail("the backend's properties are not to be understood");
        return true;
    }
    if (const std::string_view wrong = wiring_.make(driver_.plan(terms_)); !wrong.empty()) {
        fail(wrong);
        return true;
    }
    const store::Error error = store::transact(
        store::client(), [&](store::Transaction transaction) { return tell(transaction); });
    if (error == 0) {
        phase_ = Phase::offered;
        return true;
    }
    // The change that it is about makes it look again.
    part();
    if (error != error_changed)
        fail("the store takes no word for the backend");
    return error != error_changed;
}

void Device::read_refusal()
{
    std::array<char, PV_STORE_VALUE_MAX> room{};
    const auto words = store::client().read(backend_.key(PV_DEVICE_ERROR), room);

    if (!words.good() || words.value.empty())
        return;
    problem_.clear();
    put_words(problem_, words.value);
}

void Device::enter(Phase phase)
{
    std::array<char, PV_DEVICE_VALUE_MAX> room{};
    Writer text(room);

    phase_ = phase;
    format(text, "{}", static_cast<uint32_t>(state_of(phase)));
    // Nothing is made where the host has no device. A store at its end is found so by who reads from it.
    if (!present_)
        return;
    (void)store::client().write(own_.key(PV_DEVICE_STATE), text.text());
}

} // namespace keel::device
