// SPDX-License-Identifier: Apache-2.0
//
// Something has happened: wakes the coroutine that waits for it, or the next one that will. Of one event
// loop's thread. One coroutine waits at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paravane {

class Signal {
  public:
    using Clock = boost::asio::steady_timer::clock_type;

    explicit Signal(boost::asio::io_context &loop) : timer_(loop) {}

    void raise()
    {
        raised_ = true;
        timer_.cancel();
    }

    boost::asio::awaitable<void> wait() { (void)co_await wait_until(Clock::time_point::max()); }

    // False: the time came first.
    boost::asio::awaitable<bool> wait_until(Clock::time_point deadline)
    {
        while (!raised_ && Clock::now() < deadline) {
            boost::system::error_code cancelled;
            timer_.expires_at(deadline);
            co_await timer_.async_wait(
                boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        }
        const bool was = raised_;
        raised_ = false;
        co_return was;
    }

  private:
    boost::asio::steady_timer timer_;
    bool raised_ = false;
};

} // namespace paravane
