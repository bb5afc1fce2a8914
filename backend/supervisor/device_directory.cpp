// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/device_directory.hpp"

namespace paravane {

DeviceDirectory::DeviceDirectory(Store &store, const char *kind, DomainId guest, uint32_t number)
    : store_(store), guest_(guest),
      front_(StorePath::home(guest).text() + "/device/" + kind + "/" + std::to_string(number)),
      back_(StorePath::home(host_domain).text() + "/backend/" + kind + "/" +
            std::to_string(guest.value) + "/" + std::to_string(number))
{
}

DeviceDirectory::~DeviceDirectory()
{
    if (watch_)
        store_.unwatch(*watch_);
    if (const Answer<StorePath> path = StorePath::parse(back_, host_domain); path)
        (void)store_.remove({host_domain}, *path);
}

Result<void> DeviceDirectory::make()
{
    const Answer<StorePath> front = StorePath::parse(front_, host_domain);
    const Answer<StorePath> link = StorePath::parse(front_ + "/" PV_DEVICE_BACKEND, host_domain);
    const Answer<StorePath> back = StorePath::parse(back_, host_domain);
    const StorePermissions guests = {guest_, 0, {}};
    const StorePermissions shown = {host_domain, 0, {{guest_, PV_STORE_RIGHT_READ}}};

    const bool made = front && link && back && store_.mkdir({host_domain}, *back) &&
                      store_.set_permissions({host_domain}, *back, shown) &&
                      store_.mkdir({host_domain}, *front) &&
                      store_.set_permissions({host_domain}, *front, guests) &&
                      store_.write({host_domain}, *link, back_) &&
                      store_.set_permissions({host_domain}, *link, shown);
    if (!made)
        return Problem{"the store has no room for " + front_};
    return {};
}

void DeviceDirectory::publish(std::string_view key, const std::string &value)
{
    const Answer<StorePath> path = StorePath::parse(back_ + "/" + std::string(key), host_domain);
    // The host has no quota; what else could fail is the guest's removal of a directory of its own.
    if (path)
        (void)store_.write({host_domain}, *path, value);
}

void DeviceDirectory::publish_state(pv_device_state state)
{
    publish(PV_DEVICE_STATE, std::to_string(state));
}

Result<void> DeviceDirectory::watch(ChangeSink &sink)
{
    const Answer<StorePath> front = StorePath::parse(front_, host_domain);
    const Answer<WatchId> watch = store_.watch(host_domain, *front, 0, sink);

    if (!watch)
        return Problem{"the store has no room for a watch of " + front_};
    watch_ = *watch;
    return {};
}

} // namespace paravane
