// SPDX-License-Identifier: Apache-2.0
//
// Something has changed: wakes all coroutines that wait for it, and nobody who comes later. Whoever waits
// looks first, and again when it wakes. Of one event loop's thread.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paravane {

class Signal {
  public:
    using Clock = boost::asio::steady_timer::clock_type;

    explicit Signal(boost::asio::io_context &loop) : loop_(loop) {}

    void raise()
    {
        for (boost::asio::steady_timer *waiter : *waiters_)
            waiter->cancel();
    }

    boost::asio::awaitable<void> wait() { (void)co_await wait_until(Clock::time_point::max()); }

    // False: the time came first.
    boost::asio::awaitable<bool> wait_until(Clock::time_point deadline)
    {
        boost::asio::steady_timer timer(loop_, deadline);
        const Waiting waiting(waiters_, timer);
        boost::system::error_code cancelled;
        co_await timer.async_wait(
            boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
        co_return bool(cancelled);
    }

  private:
    using Waiters = std::vector<boost::asio::steady_timer *>;

    // The list is shared, for a coroutine that is thrown away with its loop outlives the signal.
    class Waiting {
      public:
        Waiting(std::shared_ptr<Waiters> waiters, boost::asio::steady_timer &timer)
            : waiters_(std::move(waiters)), timer_(&timer)
        {
            waiters_->push_back(timer_);
        }
        Waiting(const Waiting &) = delete;
        Waiting &operator=(const Waiting &) = delete;
        ~Waiting() { waiters_->erase(std::find(waiters_->begin(), waiters_->end(), timer_)); }

      private:
        std::shared_ptr<Waiters> waiters_;
        boost::asio::steady_timer *timer_;
    };

    boost::asio::io_context &loop_;
    std::shared_ptr<Waiters> waiters_ = std::make_shared<Waiters>();
};

} // namespace paravane
