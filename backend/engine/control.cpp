// SPDX-License-Identifier: Apache-2.0
#include "backend/engine/control.hpp"

#include <capnp/message.h>
#include <kj/exception.h>

#include "generated/control/backend.capnp.h"
#include "hypercall/control/packet.hpp"

namespace paravane {

Control::Word Control::receive()
{
    Result<control::Packet> packet = control::Packet::receive(socket_.get());

    if (!packet)
        return Word::gone;
    try {
        const auto message = packet->root<control::ToBackend>();
        return message.which() == control::ToBackend::DISCONNECT ? Word::disconnect : Word::none;
    } catch (const kj::Exception &) {
        return Word::gone;
    }
}

void Control::say_connected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setConnected();
    (void)control::send_packet(socket_.get(), message);
}

void Control::say_refused(const std::string &why)
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setRefused(why.c_str());
    (void)control::send_packet(socket_.get(), message);
}

void Control::say_disconnected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setDisconnected();
    (void)control::send_packet(socket_.get(), message);
}

} // namespace paravane
