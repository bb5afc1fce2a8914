# SPDX-License-Identifier: Apache-2.0
# What a domain process tells the process that is its guest, once, before the first vCPU runs.
@0xd1a94c3b7f0e6625;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("paravane::control");

struct Mapping {
  address @0 :UInt64;     # virtual, where it must lie
  bytes @1 :UInt64;
  descriptor @2 :UInt32;  # which of those beside the message
  offset @3 :UInt64;      # into it
  access @4 :UInt32;      # PV_PROTECT_ bits
}

struct GuestPlan {
  mappings @0 :List(Mapping);
  vcpus @1 :UInt32;
  # The last descriptor is the memory of the mailboxes, one after the other.
}
