// SPDX-License-Identifier: Apache-2.0
#include "hypercall/control/channel.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace paravane::control {

Channel::Channel(boost::asio::io_context &loop, UniqueFd socket) : socket_(loop, socket.release())
{
}

Result<void> Channel::send(capnp::MessageBuilder &message, std::span<const int> fds)
{
    return send_packet(socket_.native_handle(), message, fds);
}

boost::asio::awaitable<Result<Packet>> Channel::receive()
{
    boost::system::error_code error;

    co_await socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error)
        co_return Problem{error.message()};
    co_return Packet::receive(socket_.native_handle());
}

void Channel::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

} // namespace paravane::control
