// SPDX-License-Identifier: Apache-2.0
//
// The calls of each kind of side, chosen by the input and checked against the ring's second opinion.
#pragma once

#include <initializer_list>

#include "hostile_ring.hpp"

extern "C" {
#include <paravane/consumer.h>
#include <paravane/producer.h>
#include <paravane/stream.h>
}

namespace paravane::fuzz {

// The sides stay the caller's and must outlive their drivers.
class ProducerDriver {
  public:
    ProducerDriver(pv_producer &side, pv_violations &violations)
        : ring(PV_PRODUCER, false, violations), side_(side), violations_(violations)
    {
    }
    void attach(Input &input, uint32_t slot_size);
    void put(Input &input);
    // Any call but attach and put.
    void call(Input &input);

    HostileRing ring;

  private:
    pv_producer &side_;
    pv_violations &violations_;
};

class ConsumerDriver {
  public:
    ConsumerDriver(pv_consumer &side, pv_violations &violations)
        : ring(PV_CONSUMER, false, violations), side_(side), violations_(violations)
    {
    }
    void attach(Input &input, uint32_t slot_size);
    void take(Input &input);
    // Any call but attach and take.
    void call(Input &input);

    HostileRing ring;

  private:
    pv_consumer &side_;
    pv_violations &violations_;
};

class WriterDriver {
  public:
    explicit WriterDriver(pv_violations &violations)
        : ring(PV_PRODUCER, true, violations), violations_(violations)
    {
    }
    void attach(Input &input);
    void call(Input &input);

    HostileRing ring;

  private:
    pv_stream_writer side_ = {};
    pv_violations &violations_;
};

class ReaderDriver {
  public:
    explicit ReaderDriver(pv_violations &violations)
        : ring(PV_CONSUMER, true, violations), violations_(violations)
    {
    }
    void attach(Input &input);
    void call(Input &input);

    HostileRing ring;

  private:
    pv_stream_reader side_ = {};
    pv_violations &violations_;
};

// Who answers the loads of the next call: the memory, or the input.
inline Input *liar_of(Input &input)
{
    return input.below(2) == 0 ? nullptr : &input;
}

// The same for attach, which loads so much that a liar who is there is found out there.
inline Input *rare_liar_of(Input &input)
{
    return input.below(8) == 1 ? &input : nullptr;
}

// A multiple of 16 up to 256.
inline uint32_t slot_size_of(Input &input)
{
    return 16 * (1 + input.below(16));
}

// All refusals were counted, and nothing else: `others` are those of no ring.
void check_counts(const pv_violations &violations, std::initializer_list<const HostileRing *> rings,
                  const pv_violations &others = {});

} // namespace paravane::fuzz
