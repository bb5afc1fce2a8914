// SPDX-License-Identifier: Apache-2.0
//
// Text on its way to a person who may not be there. While nobody takes it, the newest is kept, so that who
// comes sees what was said last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "backend/supervisor/signal.hpp"

namespace paravane {

class Backlog {
  public:
    static constexpr std::size_t room = std::size_t{64} << 10;

    // Whoever takes nothing although it is attended.
    enum class Idle : uint8_t {
        waited_for, // for ever: it is there, and slow
        passed_over // after a second: it may well not be there
    };

    Backlog(boost::asio::io_context &loop, Idle idle) : idle_(idle), filled_(loop), drained_(loop)
    {
    }

    // Waits for room where somebody is waited for; then drops the oldest.
    boost::asio::awaitable<void> put(std::string_view text);
    // Waits until there is some, and takes a piece, until delivered() or returned().
    boost::asio::awaitable<std::string> next();
    void delivered();
    void returned(const std::string &piece);
    // Waits until all is delivered, as long as some is now and then.
    boost::asio::awaitable<void> flush();

    void set_attended(bool attended);
    // From now on all who do not take anything are passed over; or everybody is.
    void hurry();
    void abandon();

  private:
    [[nodiscard]] bool empty() const { return text_.empty() && !on_its_way_; }
    boost::asio::awaitable<bool> progress();

    Idle idle_;
    std::string text_;
    bool on_its_way_ = false;
    bool attended_ = false;
    bool absent_ = false; // somebody was passed over, and nothing was taken since
    Signal filled_;
    Signal drained_;
};

} // namespace paravane
