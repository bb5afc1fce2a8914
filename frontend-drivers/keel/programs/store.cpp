// SPDX-License-Identifier: Apache-2.0
//
// The store from the command line.
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/program.hpp"
#include "frontend-drivers/store/client.hpp"
#include "frontend-drivers/store/listing.hpp"

namespace keel::program {

namespace {

uint32_t verdict(std::string_view what, std::string_view path, store::Error error)
{
    if (error == 0)
        return 0;
    if (error == store::error_ended)
        print("store: there is none: {}", store::client().ended());
    else
        print("store: cannot {} {}: error {}", what, path, error);
    return 1;
}

uint32_t list(std::string_view path)
{
    store::Listing listing(store::client(), path);
    std::string_view name;

    while (listing.next(name))
        print("{}", name);
    return verdict("list", path, listing.error());
}

uint32_t read(std::string_view path)
{
    std::array<char, PV_STORE_VALUE_MAX> room{};
    const auto value = store::client().read(path, room);

    if (value.good()) {
        console::write(value.value);
        console::write("\n");
    }
    return verdict("read", path, value.error);
}

} // namespace

uint32_t store(Words arguments)
{
    if (arguments.size() == 2 && arguments[0] == "ls")
        return list(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "read")
        return read(arguments[1]);
    if (arguments.size() == 3 && arguments[0] == "write")
        return verdict("write", arguments[1],
                       keel::store::client().write(arguments[1], arguments[2]));
    print("store: give it ls PATH, read PATH, or write PATH VALUE");
    return status_wrong_usage;
}

} // namespace keel::program
