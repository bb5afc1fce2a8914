// SPDX-License-Identifier: Apache-2.0
//
// A backend process that does as its first ring's size says, for tests of those who start it.
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

#include <capnp/message.h>

#include "generated/control/backend.capnp.h"
#include "hypercall/control/packet.hpp"
#include "tests/supervisor/behaviour.hpp"

namespace {

using namespace paravane;

constexpr int supervisor = 3;

void send(capnp::MessageBuilder &message)
{
    if (!control::send_packet(supervisor, message))
        std::exit(1);
}

bool is_pipe(int fd)
{
    struct stat status = {};
    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

void connected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setConnected();
    send(message);
}

void refused(const std::string &why = "a rule")
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setRefused(why);
    send(message);
}

void disconnected()
{
    capnp::MallocMessageBuilder message;
    message.initRoot<control::FromBackend>().setDisconnected();
    send(message);
}

} // namespace

int main()
{
    Result<control::Packet> packet = control::Packet::receive(supervisor);
    if (!packet)
        return 1;
    const auto message = packet->root<control::ToBackend>();
    if (!message.isConnect())
        return 1;
    const uint32_t behaviour = message.getConnect().getRings()[0].getSize();

    switch (behaviour) {
    case behaviour::refuses:
        refused();
        break;
    case behaviour::breaks_off:
        connected();
        refused();
        break;
    case behaviour::dies:
        std::_Exit(1);
    case behaviour::dies_once:
        if (!message.getConnect().getResumed())
            std::_Exit(1);
        connected();
        break;
    case behaviour::parts:
        connected();
        disconnected();
        return 0;
    case behaviour::rants:
        refused("\x1b[31m" + std::string(20000, 'a') + "\nparavane run: all is well");
        break;
    case behaviour::babbles:
        (void)!write(supervisor, "babble", 6);
        break;
    case behaviour::inherits:
        for (unsigned char fd = supervisor + 1; is_pipe(fd) && write(fd, &fd, 1) == 1; fd++)
            ;
        connected();
        break;
    default:
        connected();
        break;
    }
    // Until it is told to disconnect, or the supervisor is gone.
    if (!control::Packet::receive(supervisor))
        return 0;
    if (behaviour == behaviour::hangs)
        for (;;)
            pause();
    disconnected();
    return 0;
}
