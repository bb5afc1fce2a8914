// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/backlog.hpp"

#include <algorithm>
#include <chrono>

namespace paravane {

namespace asio = boost::asio;

namespace {

// Who takes nothing for so long does not read.
constexpr std::chrono::seconds patience{1};
constexpr std::size_t piece_max = 4096;

} // namespace

// False: nobody takes anything.
asio::awaitable<bool> Backlog::progress()
{
    bool taken = false;

    if (attended_ && !absent_) {
        const auto deadline = idle_ == Idle::passed_over ? Signal::Clock::now() + patience
                                                         : Signal::Clock::time_point::max();
        taken = co_await drained_.wait_until(deadline);
        absent_ = !taken;
    }
    co_return taken;
}

asio::awaitable<void> Backlog::put(std::string_view text)
{
    while (!text.empty()) {
        bool has_room = text_.size() < room;
        if (!has_room)
            has_room = co_await progress();
        if (!has_room)
            text_.erase(0, std::min(text.size(), text_.size()));
        const std::size_t piece = std::min(text.size(), room - std::min(room, text_.size()));
        text_.append(text.substr(0, piece));
        text.remove_prefix(piece);
        filled_.raise();
    }
}

asio::awaitable<std::string> Backlog::next()
{
    while (text_.empty())
        co_await filled_.wait();
    std::string piece = text_.substr(0, piece_max);
    text_.erase(0, piece.size());
    on_its_way_ = true;
    co_return piece;
}

void Backlog::delivered()
{
    on_its_way_ = false;
    absent_ = false;
    drained_.raise();
}

void Backlog::returned(const std::string &piece)
{
    on_its_way_ = false;
    text_.insert(0, piece);
}

asio::awaitable<void> Backlog::flush()
{
    hurry();
    bool moving = true;
    while (moving && !empty())
        moving = co_await progress();
}

void Backlog::hurry()
{
    idle_ = Idle::passed_over;
    drained_.raise();
}

void Backlog::abandon()
{
    set_attended(false);
    text_.clear();
}

void Backlog::set_attended(bool attended)
{
    attended_ = attended;
    absent_ = false;
    if (!attended)
        drained_.raise(); // whoever waits for room looks again
}

} // namespace paravane
