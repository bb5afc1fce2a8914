// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/keel/programs/terminal.hpp"

#include <algorithm>

#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/console.hpp"
#include "frontend-drivers/keel/event_loop.hpp"
#include "frontend-drivers/keel/pattern.hpp"

namespace keel::program {

namespace {

constexpr uint64_t patience_for_device = 2 * clock::second;
constexpr uint64_t patience_for_backend = 30 * clock::second;
constexpr uint64_t patience_at_end = 5 * clock::second;

} // namespace

Terminal::Terminal(const console::Reader &reader, const pv_device_offer &offer)
    : console_(std::make_unique<console::Console>(reader, offer))
{
}

Terminal::~Terminal()
{
    device::Device &device = console_->device();

    // A backend that finds the grant gone takes that for a broken rule.
    device.close();
    (void)event_loop::run_until([&] { return device.closed(); }, clock::now() + patience_at_end);
}

bool Terminal::begin(std::string_view program)
{
    device::Device &device = console_->device();

    device.open();
    if (!requests_.wait_until([&] { return device.present(); },
                              clock::now() + patience_for_device)) {
        if (!requests_.shutdown())
            print("{}: the host has no console for this guest", program);
        return false;
    }
    if (!requests_.wait_until([&] { return device.connected(); },
                              clock::now() + patience_for_backend)) {
        if (!requests_.shutdown())
            print("{}: the console is not connected: {}", program,
                  device.problem().empty() ? "the backend is silent" : device.problem());
        return false;
    }
    return true;
}

bool Terminal::put(std::string_view text)
{
    for (;;) {
        text.remove_prefix(console_->write(text));
        if (text.empty())
            return true;
        if (!requests_.wait([&] { return !console_->full(); }))
            return false;
    }
}

bool Terminal::put_pattern(uint64_t bytes, uint64_t first)
{
    std::array<char, 4096> text{};

    for (uint64_t done = 0; done < bytes;) {
        const auto piece = std::span(text).first(std::min<uint64_t>(text.size(), bytes - done));
        pattern::fill(piece, first + done);
        if (!put({piece.data(), piece.size()}))
            return false;
        done += piece.size();
    }
    return true;
}

bool Terminal::flush()
{
    const auto delivered = [&] { return console_->delivered(); };

    return requests_.wait(delivered) ||
           event_loop::run_until(delivered, clock::now() + patience_at_end);
}

} // namespace keel::program
