# SPDX-License-Identifier: Apache-2.0
# What a supervisor and a domain process say to each other: one message a packet of a Unix socket.
# Descriptors travel beside the message that names them.
@0xb3f1c0a7d95e2c11;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("paravane::control");

enum Vehicle {
  auto @0;
  kvm @1;
  process @2;
}

struct Start {
  id @0 :UInt16;          # of the domain
  vehicle @1 :Vehicle;
  memory @2 :UInt64;      # bytes of RAM
  vcpus @3 :UInt32;
  commandLine @4 :Text;
  imageName @5 :Text;     # for messages
  arena @6 :UInt64;       # bytes of the arena
  # Descriptors: the image, readable; a pipe for the guest's early output, writable.
}

struct Started {
  vehicle @0 :Vehicle;    # never auto
  # Descriptors: the memory of the store area; doorbell and event of the store's port.
}

struct Ended {
  reason @0 :UInt32;      # enum pv_shutdown
  status @1 :UInt32;
}

struct PortRequest {
  serial @0 :UInt32;      # comes back with the answer
  port @1 :UInt32;
  remote @2 :UInt16;      # the domain on whose behalf the host binds
}

struct PortAnswer {
  serial @0 :UInt32;
  problem @1 :Text;       # empty: bound. Descriptors: doorbell, event
}

struct Attach {
  backend @0 :UInt32;     # the supervisor's number for a backend process; comes back with the answer
}

struct Attached {
  backend @0 :UInt32;
  problem @1 :Text;       # empty: attached
  arenaBase @2 :UInt64;
  # Descriptors: arena; grant table, readable only; pins; the event of an unpin.
}

struct Resume {
  epoch @0 :UInt64;       # from now on
}

struct ToDomain {
  union {
    start @0 :Start;
    shutdown @1 :Void;    # ask the guest to power off
    destroy @2 :Void;     # end it now
    bindPort @3 :PortRequest;
    unbindPort @4 :PortRequest;
    attach @5 :Attach;    # make pins for a backend process that is about to start
    detach @6 :Attach;    # it is dead, and nothing of its I/O is on its way: forget its pins
    suspend @7 :Void;     # ask the guest to make ready for a suspend
    resume @8 :Resume;    # let a suspended guest go on
  }
}

struct FromDomain {
  union {
    started @0 :Started;
    refused @1 :Text;     # why it could not start; the process ends
    ended @2 :Ended;      # the last message
    bound @3 :PortAnswer;
    attached @4 :Attached;
    overdue @5 :UInt32;   # this backend holds what the guest takes back: kill it, then detach
    suspended @6 :Void;   # all vCPUs stand still, until it is resumed
  }
}
