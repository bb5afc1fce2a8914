# SPDX-License-Identifier: Apache-2.0
# What a supervisor and a backend process say to each other. A backend process serves one connection of
# one device and ends: it is told all it needs at once, before it touches a byte of the guest's.
@0x9c0e77d1a4f3b825;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("paravane::control");

struct Ring {
  grant @0 :UInt32;
  offset @1 :UInt64;      # bytes into the granted range
  size @2 :UInt32;        # slots, or bytes of a stream
}

struct Connect {
  domain @0 :UInt16;      # whose device it is
  version @1 :UInt32;     # in force, as the features
  features @2 :UInt64;
  epoch @3 :UInt64;
  rings @4 :List(Ring);
  ports @5 :UInt32;       # how many
  arenaBase @6 :UInt64;   # guest-physical
  resumed @7 :Bool;       # an earlier process served this epoch: go on where its log says
  # Descriptors: arena; grant table, readable only; pins; the event of an unpin; doorbell and event of each
  # port; then the device's own, as its backend says.
}

struct ToBackend {
  union {
    connect @0 :Connect;
    disconnect @1 :Void;  # finish what is on its way, say so, and end
  }
}

struct FromBackend {
  union {
    connected @0 :Void;
    refused @1 :Text;     # the frontend broke a rule, before or after it was connected; the process ends
    disconnected @2 :Void;
  }
}
